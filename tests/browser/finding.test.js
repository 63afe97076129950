// Finding and reading: the search box, pages of objects, their history, with and without scripts.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { launch, noFaults, open, visitor } from "./support/browser.js";
import { Server } from "./support/server.js";

describe("finding", () => {
  let server;
  let browser;
  let page;

  before(async () => {
    server = await Server.start({ PEERAGE_PAGES_PER_MINUTE: "0" });
    browser = await launch();
    ({ page } = await visitor(browser, server));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  test("the slash leads to the search box, and arrow keys through results while one types", async () => {
    await open(page, "/net/1");
    await page.keyboard.press("/");
    const field = page.locator("#find");
    assert.equal(await page.evaluate(() => document.activeElement.id), "find");
    await page.keyboard.type("zuric");
    const list = page.locator("#quick");
    await list.locator("[role=option]").first().waitFor();
    assert.equal(await field.getAttribute("aria-expanded"), "true");
    await page.keyboard.press("ArrowDown");
    const chosen = list.locator("[aria-selected=true]");
    assert.equal(await field.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
    assert.match(await chosen.innerText(), /GLEX Zürich/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ix\/1$/);
  });

  test("Esc closes the results and keeps what was typed; a slash in a field is a slash", async () => {
    await open(page, "/net/1");
    const field = page.locator("#find");
    await field.pressSequentially("zur/");
    assert.equal(await field.inputValue(), "zur/");
    await field.fill("zurich");
    await page.locator("#quick [role=option]").first().waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#quick").isVisible(), false);
    assert.equal(await field.inputValue(), "zurich");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/search\?q=zurich$/);
    assert.ok((await page.locator(".results > li").count()) > 2);
  });

  test("a number leads straight to its network, and its mark is copied by a click", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
    await open(page, "/");
    await page.locator("#find").fill("as63500");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/net\/1$/);
    await page.locator(".mark").click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "AS63500");
  });

  test("without scripts: search, lists that are filtered and sorted, history, and the object as it was", async () => {
    const quiet = await visitor(browser, server, { javaScriptEnabled: false });
    const plain = quiet.page;
    await plain.goto("/ix/1");
    await plain.locator("#find").fill("zurich");
    await plain.locator("#find").press("Enter");
    await plain.waitForURL(/\/search\?q=zurich$/);
    await plain.getByRole("link", { name: "GLEX Zürich" }).first().click();
    await plain.waitForURL(/\/ix\/1$/);
    const rows = plain.locator("#peers tbody tr");
    const all = await rows.count();
    assert.ok(all > 8, `${all} rows`);
    await plain.locator("#peers input[type=search]").fill("open");
    await plain.locator("#peers").getByRole("button").click();
    await plain.waitForURL(/q=open/);
    assert.ok((await rows.count()) < all);
    await plain.locator("#peers thead a").nth(1).click();
    await plain.waitForURL(/sort=asn/);
    assert.equal(await plain.locator("#peers th[aria-sort=ascending]").count(), 1);
    assert.match(plain.url(), /q=open/);
    await plain.goto("/net/1");
    await plain.getByRole("link", { name: "History" }).click();
    await plain.waitForURL(/\/net\/1\/history$/);
    await plain.getByRole("link", { name: "as it was then" }).first().click();
    await plain.waitForURL(/\/net\/1\?at=/);
    await plain.locator(".notice.info").waitFor();
    await plain.getByRole("link", { name: "Show it as it is now" }).click();
    await plain.waitForURL(/\/net\/1$/);
    await quiet.context.close();
  });

  test("a folded part of the API documentation opens when a link leads to it", async () => {
    await open(page, "/apidocs/");
    await page.locator(".contents").getByRole("link", { name: "Exchange", exact: true }).click();
    await page.locator("#ix[open]").waitFor();
  });

  test("a request to the API is put together and sent, with a key that goes nowhere else", async () => {
    await open(page, "/net/1");
    await page.getByRole("link", { name: "Examples", exact: true }).click();
    await page.waitForURL(/\/apidocs\/\?kind=net&id=1#try$/);
    const part = page.locator("[data-try]");
    await part.getByRole("button", { name: "Send" }).click();
    await part.locator("[data-answer]", { hasText: "GLEX Route Servers" }).waitFor();
    assert.match(await part.getByRole("status").innerText(), /^200 OK · [\d,]+ B · \d+ ms/);

    const form = page.locator("form.try");
    await form.locator("select").selectOption("fac");
    await form.getByLabel("ID").fill("");
    await form.getByLabel("Parameters").fill("country=CH&name__contains=glacier house");
    await form.getByRole("button", { name: "Show request" }).click();
    await page.locator("#request-path", { hasText: "GET /api/fac?country=CH&name__contains=glacier+house" }).waitFor();
    assert.match(await page.locator("#as-curl").innerText(), /^curl --fail 'http.*country=CH&name__contains=glacier\+house'$/);
    await part.getByLabel("Your API key").fill("no-key-of-anyone");
    await part.getByRole("button", { name: "Send" }).click();
    await part.getByRole("status").filter({ hasText: "401" }).waitFor();
    assert.ok(!page.url().includes("no-key"));
  });
});

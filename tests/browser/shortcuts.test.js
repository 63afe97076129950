// Shortcuts of one key, and what the form of a new object finds out while it is filled in.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessible, launch, noFaults, open, visitor } from "./support/browser.js";
import { inside } from "./support/people.js";
import { Server } from "./support/server.js";
import { UNBOUNDED } from "./support/world.js";

const NET = 3;
const ORG = 3;

describe("shortcuts", () => {
  let server;
  let browser;
  let page;
  let guest;

  before(async () => {
    server = await Server.start(UNBOUNDED);
    browser = await launch();
    ({ page } = await inside(browser, server, "edith", { org: ORG, admin: true }));
    ({ page: guest } = await visitor(browser, server));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  const path = (one) => new URL(one.url()).pathname + new URL(one.url()).search;
  const pressed = async (one, keys) => { for (const key of keys) await one.keyboard.press(key); };
  const leads = async (one, keys, to) => {
    await Promise.all([one.waitForURL((url) => url.pathname + url.search === to), pressed(one, keys)]);
  };

  test("keys lead to pages, rows and the search box, and not while one types", async () => {
    await open(guest, `/net/${NET}`);
    await leads(guest, ["g", "i"], "/advanced_search?reftag=ix");
    await leads(guest, ["g", "h"], "/");
    await open(guest, `/net/${NET}`);
    await guest.keyboard.press("j");
    const first = await guest.evaluate(() => document.activeElement.textContent);
    await guest.keyboard.press("j");
    assert.notEqual(await guest.evaluate(() => document.activeElement.textContent), first, "the second row");
    await guest.keyboard.press("k");
    assert.equal(await guest.evaluate(() => document.activeElement.textContent), first);
    await guest.keyboard.press("/");
    await pressed(guest, ["g", "i", "c", "?"]);
    assert.equal(await guest.locator(".find input").inputValue(), "gic?");
    assert.equal(path(guest), `/net/${NET}`);
    assert.equal(await guest.locator("#shortcuts").isVisible(), false);
  });

  test("a list shows the keys of the page, by keyboard alone, and turns them off", async () => {
    await open(guest, `/net/${NET}`);
    await guest.keyboard.press("?");
    const list = guest.getByRole("dialog", { name: "Keyboard shortcuts" });
    await list.waitFor();
    assert.match(await list.innerText(), /Search exchanges/);
    assert.doesNotMatch(await list.innerText(), /Edit/, "guests edit nothing");
    await accessible(guest, "shortcuts");
    await guest.getByLabel("Use single-key shortcuts").focus();
    await guest.keyboard.press("Space");
    await guest.keyboard.press("Escape");
    await pressed(guest, ["g", "i"]);
    await guest.waitForTimeout(200);
    assert.equal(path(guest), `/net/${NET}`);
    await open(guest, "/statistics");
    await guest.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await guest.getByLabel("Use single-key shortcuts").check();
    await guest.getByRole("button", { name: "Close" }).click();
    await leads(guest, ["g", "n"], "/advanced_search?reftag=net");
  });

  test("an object is edited and saved without the mouse, and Esc loses nothing", async () => {
    await open(page, `/net/${NET}`);
    await leads(page, ["e"], `/edit/net/${NET}`);
    const name = page.getByLabel("Long name");
    await name.fill("Typed and left");
    await page.keyboard.press("Escape");
    assert.equal(await name.inputValue(), "Typed and left", "the first Esc leaves the field");
    await leads(page, ["Escape"], `/net/${NET}`);
    await leads(page, ["e"], `/edit/net/${NET}`);
    await page.getByRole("button", { name: "Restore entries" }).click();
    assert.equal(await name.inputValue(), "Typed and left");
    await page.keyboard.press("Escape");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("s")]);
    assert.match(await page.locator("main").innerText(), /Typed and left/);
    await Promise.all([page.waitForNavigation(), page.keyboard.press("s")]);
    assert.match(await page.locator(".notice:visible").first().innerText(), /Saved/);
  });

  test("a new object is looked up while its form is filled in", async () => {
    const known = (await (await page.request.get("/api/fac?limit=1")).json()).data[0];
    await open(page, `/add/${ORG}/fac`);
    await page.getByLabel("Facility name").or(page.locator('[name="name"]')).first().fill(known.name);
    const similar = page.locator("#hint-similar").getByRole("link", { name: known.name, exact: true });
    await similar.waitFor();
    await accessible(page, "similar objects");
    assert.equal(path(page), `/add/${ORG}/fac`);
    // A number that is registered here already.
    await open(page, `/add/${ORG}/net`);
    await page.locator('[name="asn"]').fill("AS63500");
    await page.keyboard.press("Tab");
    await page.locator("#hint-registered", { hasText: "registered already" }).waitFor();
  });

  test("the same works without scripts", async () => {
    const { page: plain, context } = await inside(browser, server, "otto", { org: ORG, admin: true, options: { javaScriptEnabled: false } });
    await open(plain, `/add/${ORG}/net`);
    await plain.locator('[name="asn"]').fill("AS63500");
    await plain.getByRole("button", { name: "Look up" }).click();
    assert.match(await plain.locator("#hint-registered").innerText(), /registered already/);
    await context.close();
  });
});

// What forms of objects do for those who type: entries outlive an expired login, a lost network and the way back; counters,
// previews of Markdown, names that are completed; with the keyboard alone, and without scripts as far as a form can.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessible, accessibleInAllForms, launch, noFaults, open } from "./support/browser.js";
import { PASSWORD, enter, inside, leave, showBackup, showCode } from "./support/people.js";
import { Server } from "./support/server.js";
import { UNBOUNDED } from "./support/world.js";

const NET = 3;
const ORG = 3;

describe("drafts", () => {
  let server;
  let browser;
  let page;
  let secret;
  let plain;
  let plainSecret;

  before(async () => {
    server = await Server.start(UNBOUNDED);
    browser = await launch();
    ({ page, secret } = await inside(browser, server, "edith", { org: ORG, admin: true }));
    ({ page: plain, secret: plainSecret } = await inside(browser, server, "olaf", { org: ORG, admin: true, options: { javaScriptEnabled: false } }));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  const check = (one) => one.getByRole("button", { name: "Check changes" }).click();
  const save = (one) => one.getByRole("button", { name: "Save changes" }).click();
  const api = async (target) => (await (await page.request.get(target)).json()).data;
  const told = async (one, text) => assert.match(await one.locator(".notice:visible").first().innerText(), text);
  const expire = (one) => one.context().clearCookies({ name: "peerage-session" });
  const drafts = (one) => one.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("draft:")));
  const restore = (one) => one.getByRole("button", { name: "Restore entries" });
  const kept = (one) => one.waitForFunction(() => Object.keys(sessionStorage).some((key) => key.startsWith("draft:")));

  /** Logs in again, in another tab of the same browser. */
  async function logInAside(one, second) {
    const popup = one.waitForEvent("popup");
    await one.getByRole("link", { name: "Log in (opens a new tab)" }).click();
    const aside = await popup;
    await aside.waitForLoadState();
    await second(aside);
    await aside.close();
  }

  test("a form whose login has expired waits for the login, without scripts", async () => {
    const before = (await api(`/api/net/${NET}`))[0].aka;
    await open(plain, `/edit/net/${NET}`);
    await plain.getByLabel("Also known as").fill("Kept <b>names</b>");
    await expire(plain);
    await check(plain);
    assert.equal(await plain.locator("h1").innerText(), "Your login has expired");
    assert.equal((await api(`/api/net/${NET}`))[0].aka, before, "nothing is saved");
    await logInAside(plain, async (aside) => {
      await enter(aside, "olaf", PASSWORD);
      await showCode(aside, plainSecret);
    });
    await plain.getByRole("button", { name: "Continue editing" }).click();
    assert.match(await plain.getByRole("alert").innerText(), /You have logged in again/);
    assert.equal(await plain.getByLabel("Also known as").inputValue(), "Kept <b>names</b>");
    await plain.getByLabel("Also known as").fill("Kept names");
    await check(plain);
    await save(plain);
    await told(plain, /Saved/);
    assert.equal((await api(`/api/net/${NET}`))[0].aka, "Kept names");
  });

  test("continuing before the login keeps waiting, and the page is accessible", async () => {
    await open(page, `/edit/net/${NET}`);
    await page.getByLabel("Long name").fill("A name that waits");
    await page.locator('[name="note"]').fill("Why it waits");
    await expire(page);
    await check(page);
    await accessibleInAllForms(page, "expired login");
    await page.getByRole("button", { name: "Continue editing" }).click();
    assert.equal(await page.locator("h1").innerText(), "Your login has expired");
    await logInAside(page, async (aside) => {
      await enter(aside, "edith", PASSWORD);
      await showCode(aside, secret);
    });
    await page.getByRole("button", { name: "Continue editing" }).click();
    assert.equal(await page.getByLabel("Long name").inputValue(), "A name that waits");
    assert.equal(await page.locator('[name="note"]').inputValue(), "Why it waits");
    assert.equal(await restore(page).isVisible(), false, "everything is there");
  });

  test("a form also waits while its person replaces a lost second factor", async () => {
    const { page: lost, codes, context } = await inside(browser, server, "hilda", { org: ORG, admin: true });
    await open(lost, `/edit/net/${NET}`);
    await lost.getByLabel("Long name").fill("Waits for a factor");
    await expire(lost);
    await check(lost);
    await logInAside(lost, async (aside) => {
      await enter(aside, "hilda", PASSWORD);
      await showBackup(aside, codes[0]);
    });
    await lost.getByRole("button", { name: "Continue editing" }).click();
    assert.equal(await lost.locator("h1").innerText(), "Your login has expired");
    assert.equal(await lost.locator('input[name="name_long"]').inputValue(), "Waits for a factor");
    await context.close();
  });

  test("a deletion in an older session is shown again and deletes nothing", async () => {
    await open(page, `/delete/net/${NET}`);
    const answer = await page.evaluate(async () => {
      const body = new URLSearchParams(new FormData(document.querySelector("main form")));
      body.set("csrfmiddlewaretoken", "of another session");
      return (await fetch(location.pathname, { method: "POST", body })).status;
    });
    assert.equal(answer, 409);
    assert.equal((await api(`/api/net/${NET}`)).length, 1);
    // A script without the origin of a page gets nothing back.
    const form = { aka: "x", step: "edit" };
    const refused = await page.request.post(`/edit/net/${NET}`, { form });
    assert.equal(refused.status(), 403);
    assert.ok(!(await refused.text()).includes("<form"));
  });

  test("entries of a form that was left are offered again, and gone once they are saved", async () => {
    await open(page, `/edit/net/${NET}`);
    await page.getByLabel("Long name").fill("A draft of a name");
    await kept(page);
    await open(page, `/net/${NET}`);
    await open(page, `/edit/net/${NET}`);
    await told(page, /unsaved entries/);
    await accessible(page, "offered entries");
    await restore(page).focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.getByLabel("Long name").inputValue(), "A draft of a name");
    assert.equal(await page.evaluate(() => document.activeElement.name), "name_long");
    await check(page);
    await save(page);
    await told(page, /Saved/);
    assert.deepEqual(await drafts(page), []);
    await open(page, `/edit/net/${NET}`);
    assert.equal(await restore(page).isVisible(), false);
  });

  test("restored entries still meet what others saved in the meantime", async () => {
    await open(page, `/edit/net/${NET}`);
    await page.getByLabel("Also known as").fill("Mine");
    await kept(page);
    await open(page, "/");
    await open(plain, `/edit/net/${NET}`);
    await plain.getByLabel("Also known as").fill("Theirs");
    await check(plain);
    await save(plain);
    await open(page, `/edit/net/${NET}`);
    await restore(page).click();
    await check(page);
    assert.match(await page.locator("main").innerText(), /Someone else was faster[\s\S]*Theirs[\s\S]*Mine/);
    await page.getByRole("link", { name: "Cancel" }).click();
    assert.deepEqual(await drafts(page), [], "cancelling drops the entries");
    assert.equal((await api(`/api/net/${NET}`))[0].aka, "Theirs");
  });

  test("new rows of a list come back too, even those that the page had not yet", async () => {
    await open(page, `/edit/net/${NET}/ports`);
    await page.getByRole("button", { name: "More rows" }).click();
    await page.locator('[name="new-3-ipaddr4"]').fill("11.250.8.93");
    await page.waitForFunction(() => JSON.stringify({ ...sessionStorage }).includes("11.250.8.93"));
    await open(page, "/");
    await open(page, `/edit/net/${NET}/ports`);
    await Promise.all([page.waitForNavigation(), restore(page).click()]);
    assert.equal(await page.locator('[name="new-3-ipaddr4"]').inputValue(), "11.250.8.93");
    await page.getByRole("link", { name: "Start over" }).click();
    assert.equal(await page.locator('[name="new-3-ipaddr4"]').count(), 0);
    assert.equal(await restore(page).isVisible(), false);
  });

  test("the way back from the preview leads to the entries", async () => {
    await open(page, `/edit/net/${NET}`);
    await page.getByLabel("Long name").fill("On the way back");
    await check(page);
    assert.match(await page.locator(".lead").innerText(), /1 changed/);
    await page.goBack();
    if (await restore(page).isVisible()) await restore(page).click();
    assert.equal(await page.getByLabel("Long name").inputValue(), "On the way back");
    assert.equal(await page.locator("[data-busy]").count(), 0);
    await page.getByRole("link", { name: "Cancel" }).click();
  });

  test("nobody else sees a draft: logging out drops it", async () => {
    const { page: guest, codes } = await inside(browser, server, "gerda", { org: ORG, admin: true });
    await open(guest, `/edit/net/${NET}`);
    await guest.getByLabel("Long name").fill("Private thoughts");
    await kept(guest);
    assert.ok(await guest.evaluate(() => !JSON.stringify({ ...sessionStorage }).includes("csrf") && localStorage.length === 0));
    await leave(guest);
    assert.deepEqual(await drafts(guest), []);
    // What somebody else left in the tab is dropped as soon as another person has logged in.
    await guest.evaluate(() => sessionStorage.setItem("draft:1:/edit/net/3", JSON.stringify({ at: Date.now(), fields: {}, was: {} })));
    await enter(guest, "gerda");
    await showBackup(guest, codes[0]);
    assert.deepEqual(await drafts(guest), []);
    await guest.context().close();
  });

  test("a lost network keeps the form, and a second press sends nothing twice", async () => {
    await open(page, `/edit/net/${NET}`);
    await page.getByLabel("Long name").fill("Sent once");
    await page.context().setOffline(true);
    await check(page);
    assert.match(await page.locator("#offline").innerText(), /You are offline/);
    assert.equal(await page.getByLabel("Long name").inputValue(), "Sent once");
    await page.context().setOffline(false);
    await check(page);
    let sent = 0;
    page.on("request", (request) => (sent += request.method() === "POST"));
    await page.getByRole("button", { name: "Save changes" }).dblclick();
    await told(page, /Saved/);
    assert.equal(sent, 1);
  });

  test("characters are counted near the limit, and announced", async () => {
    await open(page, `/edit/net/${NET}`);
    const note = page.locator('[name="note"]');
    await note.fill("x".repeat(100));
    assert.equal(await page.locator(".counter").count(), 0);
    await note.fill("x".repeat(250));
    const counter = page.getByRole("status").filter({ hasText: "Characters left" });
    await counter.waitFor();
    assert.equal(await counter.innerText(), "Characters left: 5");
    await note.press("End");
    await page.keyboard.type("yyyyyyyyyy");
    await page.getByText("Characters left: 0").waitFor();
    assert.equal((await note.inputValue()).length, 255);
    await accessible(page, "a counter");
    await page.getByRole("link", { name: "Cancel" }).click();
  });

  test("Markdown is shown while it is written and before it is saved, and nothing in it runs", async () => {
    const text = "**Open** policy\n\n<script>alert(1)</script><img src=x onerror=alert(1)>\n\n[x](javascript:alert(1)) [y](https://a.example/)";
    await open(page, `/edit/net/${NET}`);
    await page.locator('[name="notes"]').fill(text);
    const button = page.getByRole("button", { name: /^Preview:? Notes/ });
    await button.focus();
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: "Preview: Notes" });
    await panel.locator("strong").waitFor();
    const isClean = async (part) => {
      assert.equal(await part.locator("strong").innerText(), "Open");
      assert.match(await part.innerText(), /<script>alert\(1\)<\/script>/);
      assert.equal(await part.locator("script, img, [onerror], a[href^=j]").count(), 0);
      assert.equal(await part.locator("a").getAttribute("href"), "https://a.example/");
    };
    await isClean(panel);
    await accessibleInAllForms(page, "a preview of Markdown");
    await page.locator('[name="notes"]').fill("*Changed*");
    await panel.locator("em").waitFor();
    await page.locator('[name="notes"]').fill(text);
    await check(page);
    await isClean(page.locator("details.rendered"));
    await accessible(page, "Markdown before it is saved");
    await page.getByRole("link", { name: "Cancel" }).click();
    await open(plain, `/edit/net/${NET}`);
    assert.equal(await plain.getByRole("button", { name: /^Preview/ }).count(), 0, "it needs a script");
    await plain.locator('[name="notes"]').fill(text);
    await check(plain);
    await isClean(plain.locator("details.rendered"));
  });

  test("names are completed with the keyboard alone", async () => {
    await open(page, `/edit/net/${NET}/ports`);
    const field = page.locator('[name="new-0-ixlan_id"]');
    await field.focus();
    await page.keyboard.type("wis");
    const list = page.locator(".completed .quick:not([hidden])");
    await list.getByRole("option").first().waitFor();
    assert.equal(await field.getAttribute("aria-expanded"), "true");
    await page.keyboard.press("ArrowDown");
    assert.equal(await field.getAttribute("aria-activedescendant"), await list.getByRole("option").first().getAttribute("id"));
    await accessible(page, "suggestions");
    await page.keyboard.press("Enter");
    assert.match(await field.inputValue(), /^Wisła-IX #\d+$/);
    assert.equal(await field.getAttribute("aria-expanded"), "false");
    assert.equal(new URL(page.url()).pathname, `/edit/net/${NET}/ports`, "Enter sends no form");
    await page.keyboard.type("x");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Escape");
    // Without an answer, the field is a plain one.
    await page.route("**/search?*", (route) => route.abort());
    await field.fill("Wisła-IX");
    await page.locator('[name="new-0-speed"]').fill("10G");
    await page.locator('[name="new-0-ipaddr4"]').fill("11.250.8.94");
    await check(page);
    assert.match(await page.locator(".lead").innerText(), /1 created/);
    await page.unroute("**/search?*");
    await page.getByRole("link", { name: "Cancel" }).click();
    page.context().faults.length = 0;
  });

  test("a row is brought back before it is saved", async () => {
    const [port] = await api(`/api/netixlan?net_id=${NET}`);
    await open(page, `/edit/net/${NET}/ports`);
    const row = page.locator("tr", { has: page.locator(`[name="row-${port.id}-speed"]`) });
    const undo = row.getByRole("button", { name: /^Undo/ });
    assert.equal(await undo.count(), 0);
    await row.getByRole("checkbox", { name: /^Remove/ }).check();
    await row.getByLabel("Speed").fill("7G");
    await check(page);
    await page.getByRole("button", { name: "Back to the form" }).click();
    await undo.focus();
    await page.keyboard.press("Space");
    assert.equal(await row.getByRole("checkbox", { name: /^Remove/ }).isChecked(), false);
    assert.equal(await row.getByLabel("Speed").inputValue(), String(port.speed));
    await check(page);
    await told(page, /Nothing has changed/);
  });
});

// A person's own account: sessions, names, addresses, password, factors, closing.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";

import { api } from "./support/api.js";
import { accessible, accessibleInAllForms, launch, noFaults, open, visitor } from "./support/browser.js";
import { PASSWORD, addAddress, addApp, enter, inside, leave, lockPassed, path, person, showBackup, showCode } from "./support/people.js";
import { Server } from "./support/server.js";
import { totp } from "./support/totp.js";

describe("a person's own account", () => {
  let server;
  let browser;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" }, { hasClock: true });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  /** Logs the same person in with another browser that has another name. */
  async function elsewhere(made, agent, steps = 1) {
    const { context, page } = await visitor(browser, server, { userAgent: agent });
    await enter(page, made.name);
    await showCode(page, made.secret, { steps, now: server.now });
    await page.locator("details.account").waitFor();
    return { context, page };
  }

  const isLoggedOut = async (page) => {
    await page.goto("/profile");
    assert.equal(path(page), "/account/login/");
  };

  const told = (page, text) => page.locator(".notice.done").filter({ hasText: text }).waitFor();

  test("sessions are listed, and ended there or everywhere else", async () => {
    const ada = await inside(browser, server, "ada", { org: 2 });
    const phone = await elsewhere(ada, "Phone of Ada");
    server.forward(0.02);
    const office = await elsewhere(ada, "Office of Ada", 0);
    await open(ada.page, "/account/sessions/");
    assert.equal(await ada.page.getByRole("row").count(), 4);
    assert.match(await ada.page.getByRole("row").nth(1).innerText(), /this session/);
    await accessibleInAllForms(ada.page, "sessions, three");
    await ada.page.getByRole("button", { name: "Log out Phone of Ada" }).click();
    await told(ada.page, "Session logged out.");
    await isLoggedOut(phone.page);
    await open(office.page, "/profile");
    ada.page.on("dialog", (dialog) => dialog.accept());
    await ada.page.getByRole("button", { name: "Log out everywhere else" }).click();
    await told(ada.page, "All other sessions have been logged out.");
    await isLoggedOut(office.page);
    await open(ada.page, "/account/sessions/");
    assert.equal(await ada.page.getByRole("row").count(), 2);
    // Nobody can end another person's session.
    const eve = await inside(browser, server, "eve", { org: 2 });
    const token = await eve.page.locator("input[name=csrfmiddlewaretoken]").first().inputValue();
    for (let id = 1; id < 12; id += 1) {
      await eve.context.request.post("/account/sessions/end", { form: { id: String(id), csrfmiddlewaretoken: token }, maxRedirects: 0 });
    }
    await open(ada.page, "/profile");
    for (const one of [ada, phone, office, eve]) await one.context.close();
  });

  test("name, user name and language are changed", async () => {
    const bo = await inside(browser, server, "bo", { org: 2 });
    const { page } = bo;
    await open(page, "/profile");
    await page.getByLabel("First name").fill("Bo");
    await page.getByLabel("Last name").fill("Å");
    await page.getByRole("button", { name: "Save name" }).click();
    await told(page, "Name saved.");
    assert.equal(await page.locator(".menu .who").innerText(), "Bo Å");
    await page.getByLabel("First name").fill("");
    await page.locator("#form-name-").evaluate((form) => { form.noValidate = true; });
    await page.getByRole("button", { name: "Save name" }).click();
    await page.getByRole("alert").waitFor();
    await accessibleInAllForms(page, "profile refused");

    await open(page, "/profile");
    await page.getByLabel("User name").fill("bo.from.oslo");
    await page.getByRole("button", { name: "Change user name" }).click();
    await told(page, "User name changed.");
    await server.mailTo("bo@people.example", /user name/i);

    await page.getByLabel("Language of pages and e-mails").selectOption({ label: "Deutsch" });
    await page.locator("#form-locale-").getByRole("button").click();
    await page.locator(".notice.done").waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "de");
    await bo.context.clearCookies();
    await open(page, "/account/login/");
    assert.equal(await page.locator("html").getAttribute("lang"), "en", "the language of an anonymous browser");
    await enter(page, "bo.from.oslo");
    assert.equal(await page.locator("html").getAttribute("lang"), "de", "the language of the account");
    await bo.context.close();
  });

  test("an address is added, confirmed, made the main one, and removed", async () => {
    const cleo = await inside(browser, server, "cleo", { org: 2 });
    const { page } = cleo;
    page.on("dialog", (dialog) => dialog.accept());
    person(server, "owner");
    await open(page, "/profile");
    const row = (address) => page.getByRole("row").filter({ hasText: address });
    await page.getByLabel("New address").fill("cleo@new.example");
    await page.getByRole("button", { name: "Add address" }).click();
    await told(page, "We've sent an e-mail");
    await row("cleo@new.example").getByText("awaiting confirmation").waitFor();
    assert.equal(await row("cleo@new.example").getByRole("button", { name: /^Make main address/ }).count(), 0, "only a confirmed address can be the main one");
    // Nobody learns whether another account has an address.
    await page.getByLabel("New address").fill("owner@people.example");
    await page.getByRole("button", { name: "Add address" }).click();
    await told(page, "We've sent an e-mail");
    await addAddress(page, server, "cleo@more.example");
    const mail = await server.mailTo("cleo@new.example", /confirm-email/);
    await open(page, Server.link(mail, "confirm-email"));
    await accessibleInAllForms(page, "confirm an address");
    await page.getByRole("button", { name: "Confirm" }).click();
    await told(page, "Address confirmed.");
    await server.mailTo("cleo@people.example", /cleo@new\.example/);

    await open(page, "/profile");
    await row("cleo@new.example").getByRole("button", { name: /^Make main address/ }).click();
    await told(page, "Main address changed.");
    assert.match(await page.getByRole("row").nth(1).innerText(), /cleo@new\.example\s+main/);
    await server.mailTo("cleo@people.example", /main/i);
    assert.equal(await row("cleo@new.example").getByRole("button", { name: /^Remove/ }).count(), 0, "the main address stays");
    await row("cleo@people.example").getByRole("button", { name: /^Remove/ }).click();
    await told(page, "Address removed.");
    assert.equal(await row("cleo@people.example").count(), 0);
    await server.mailTo("cleo@people.example", /removed/i);
    await cleo.context.close();
  });

  test("a new password ends every session, and the old password no longer works", async () => {
    const dan = await inside(browser, server, "dan", { org: 2 });
    const other = await elsewhere(dan, "Other of Dan");
    const { page } = dan;
    const change = async (current, next, again = next) => {
      await open(page, "/profile");
      const form = page.locator("#form-password-");
      await form.getByLabel("Current password").fill(current);
      await form.getByLabel("New password", { exact: true }).fill(next);
      await form.getByLabel("Repeat new password").fill(again);
      await form.getByRole("button", { name: "Change password" }).click();
    };
    for (const wrong of [["not the password", "eleven slow rivers 1844"], [PASSWORD, "short"], [PASSWORD, "eleven slow rivers 1844", "another"], [PASSWORD, "aaaaaaaaaaaaaaaa"]]) {
      await change(...wrong);
      await page.getByRole("alert").waitFor();
      assert.equal(await page.getByLabel("Current password").first().inputValue(), "");
    }
    await accessible(page, "password refused");
    await open(other.page, "/profile");
    await change(PASSWORD, "eleven slow rivers 1844");
    await told(page, "Password changed.");
    assert.equal(path(page), "/account/login/");
    await isLoggedOut(page);
    await isLoggedOut(other.page);
    await server.mailTo("dan@people.example", /password/i);
    await enter(page, "dan", PASSWORD);
    await page.getByRole("alert").waitFor();
    await lockPassed();
    await enter(page, "dan", "eleven slow rivers 1844");
    assert.equal(await page.locator("h1").innerText(), "Two-factor authentication");
    for (const one of [dan, other]) await one.context.close();
  });

  test("factors are named, renamed and removed, each with a notice", async () => {
    const edda = await inside(browser, server, "edda", { org: 2 });
    const { page } = edda;
    page.on("dialog", (dialog) => dialog.accept());
    await addApp(page, { now: server.now, name: "Tablet" });
    await server.mailTo("edda@people.example", /Tablet/);
    await open(page, "/account/two_factor/");
    const row = (name) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
    await row("Tablet").locator("summary").click();
    await row("Tablet").getByLabel("Name").fill("Tablet of the office");
    await row("Tablet").getByRole("button", { name: "Save" }).click();
    await told(page, "Second factor renamed.");
    await accessibleInAllForms(page, "factors, two");
    const elsewhereOf = await elsewhere(edda, "Edda elsewhere");
    await row("App").getByRole("button", { name: /^Remove/ }).click();
    await told(page, "Second factor removed.");
    await server.mailTo("edda@people.example", /removed/i);
    await isLoggedOut(elsewhereOf.page);
    assert.equal(await page.getByRole("rowheader").count(), 1);
    for (const one of [edda, elsewhereOf]) await one.context.close();
  });

  test("the QR code for the app and the file of backup codes come from the page itself", async () => {
    person(server, "fay", { org: 2 });
    const { context, page } = await visitor(browser, server, { acceptDownloads: true });
    await enter(page, "fay");
    await open(page, "/account/two_factor/setup/");
    const square = await page.locator(".qr svg").boundingBox();
    assert.ok(square.width > 150 && Math.abs(square.width - square.height) < 2, JSON.stringify(square));
    const { codes } = await addApp(page, { now: server.now });
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download as text file" }).click()]);
    assert.equal(download.suggestedFilename(), "peerage-backup-codes.txt");
    const text = fs.readFileSync(await download.path(), "utf8");
    for (const code of codes) assert.ok(text.includes(code), text);
    await page.evaluate(() => { window.print = () => document.body.setAttribute("data-printed", "yes"); });
    await page.getByRole("button", { name: "Print" }).click();
    await page.locator("body[data-printed]").waitFor();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim().split(/\s+/).length, 10);

    // A new set replaces the old one.
    await open(page, "/account/two_factor/backup/tokens/");
    page.on("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "Create new codes" }).click();
    const fresh = (await page.locator(".secret pre").innerText()).split(/\s+/).filter(Boolean);
    await server.mailTo("fay@people.example", /backup codes/i);
    await leave(page);
    await enter(page, "fay");
    await showBackup(page, codes[0]);
    await page.getByRole("alert").waitFor();
    await showBackup(page, fresh[9]);
    await page.locator("details.account").waitFor();
    await open(page, "/account/two_factor/backup/tokens/");
    await accessibleInAllForms(page, "codes, one used");
    await context.close();
  });

  test("changes that affect access require verification again after ten minutes, and return to the original page", async () => {
    const gus = await inside(browser, server, "gus", { org: 2 });
    const { page } = gus;
    await open(page, "/profile");
    server.forward(0.2);
    await page.getByLabel("User name").fill("gus.two");
    await page.getByRole("button", { name: "Change user name" }).click();
    assert.equal(path(page), "/account/confirm/");
    await page.getByLabel("Six-digit code").fill(totp(gus.secret, -9, server.now));
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByRole("alert").waitFor();
    await accessibleInAllForms(page, "verify again, refused");
    await showCode(page, gus.secret, { steps: 1, now: server.now });
    await page.locator("h1").filter({ hasText: "Your account" }).waitFor();
    await page.getByLabel("User name").fill("gus.two");
    await page.getByRole("button", { name: "Change user name" }).click();
    await told(page, "User name changed.");
    await gus.context.close();
  });

  test("an account is closed permanently, with its password, and its keys are revoked", async () => {
    const hal = await inside(browser, server, "hal", { org: 2 });
    const { page } = hal;
    await open(page, "/profile/keys");
    await page.locator("#form-make-").getByLabel("Name").fill("laptop");
    await page.getByRole("button", { name: "Create key" }).click();
    const key = (await page.locator("#made-key").innerText()).trim();
    const close = async (password) => {
      await open(page, "/profile");
      await page.getByText("Close this account …").click();
      await page.locator("#form-close-").getByLabel("Current password").fill(password);
      await page.getByRole("button", { name: "Close account permanently" }).click();
    };
    await close("not the password");
    await page.getByRole("alert").waitFor();
    assert.equal((await api(server, key, "GET", "/api/whoami")).status, 200);
    await close(PASSWORD);
    await told(page, "Your account has been closed.");
    await isLoggedOut(page);
    assert.equal((await api(server, key, "GET", "/api/whoami")).status, 401);
    await enter(page, "hal");
    await page.getByRole("alert").waitFor();
    await server.mailTo("hal@people.example", /closed/i);
    await hal.context.close();
  });
});

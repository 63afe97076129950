// A person's account from its first mail on: created, confirmed, its password reset and its name retrieved.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessibleInAllForms, launch, noFaults, open, visitor } from "./support/browser.js";
import { Server } from "./support/server.js";

const PASSWORD = "seven quiet rivers 1842";

describe("accounts", () => {
  let server;
  let browser;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0" });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  /** Fills in the registration form and sends it. */
  async function register(page, name, more = {}) {
    await open(page, "/register");
    await page.getByLabel("E-mail address").fill(more.email ?? `${name}@people.example`);
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password", { exact: true }).fill(more.password ?? PASSWORD);
    await page.getByLabel("Repeat password").fill(more.again ?? more.password ?? PASSWORD);
    for (const [label, text] of Object.entries(more.fields ?? {})) await page.getByLabel(label).fill(text);
    await page.getByRole("button", { name: "Create account" }).click();
  }

  /** Creates an account and confirms it. */
  async function make(page, name) {
    await register(page, name);
    const mail = await server.mailTo(`${name}@people.example`, /confirm-email/);
    await open(page, Server.link(mail, "confirm-email"));
    await page.getByRole("button", { name: "Confirm" }).click();
    return mail;
  }

  test("a person registers without scripts, and the mailed link creates the account once", async () => {
    const { context, page } = await visitor(browser, server, { javaScriptEnabled: false });
    await register(page, "nora", { fields: { "First name": "Nora", "Last name": "Ørsted" } });
    assert.equal(await page.locator("h1").innerText(), "Check your inbox");
    const mail = await server.mailTo("nora@people.example", /confirm-email/);
    const link = Server.link(mail, "confirm-email");
    assert.equal(new URL(link).origin, server.origin);
    // Mail scanners open links: opening alone creates nothing.
    await fetch(link);
    await open(page, link);
    assert.match(await page.locator("main").innerText(), /nora@people\.example/);
    await page.getByRole("button", { name: "Confirm" }).click();
    assert.equal(new URL(page.url()).pathname, "/account/login/");
    await open(page, link, 400);
    assert.equal(await page.locator("h1").innerText(), "This link does not work");
    await context.close();
  });

  test("an invalid form shows an error next to each field, and keeps its values", async () => {
    const { context, page, faults } = await visitor(browser, server);
    await register(page, "wrong", { password: "short" });
    const summary = page.getByRole("alert");
    await summary.waitFor();
    assert.equal(await summary.evaluate((one) => document.activeElement === one), true, "the focus moves to the summary");
    assert.equal(await page.getByLabel("User name").inputValue(), "wrong");
    assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "", "a password is never sent back");
    const link = summary.getByRole("link").first();
    await link.click();
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-invalid")), "true");
    await accessibleInAllForms(page, "register with faults");
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("no answer reveals whether an account exists", async () => {
    const { context, page } = await visitor(browser, server);
    await make(page, "taken");
    const answers = [];
    for (const email of ["taken@people.example", "nobody-here@people.example"]) {
      await register(page, email.split("@")[0], { email });
      answers.push((await page.locator("main").innerText()).replaceAll(email, "ADDRESS"));
      await open(page, "/reset-password");
      await page.getByLabel("Account e-mail address").fill(email);
      await page.getByRole("button", { name: "Send e-mail" }).click();
      answers.push((await page.locator("main").innerText()).replaceAll(email, "ADDRESS"));
    }
    assert.deepEqual(answers.slice(0, 2), answers.slice(2));
    await context.close();
  });

  test("a mailed link replaces a forgotten password once, in the browser that requested it", async () => {
    const { context, page } = await visitor(browser, server);
    await make(page, "forgetful");
    await open(page, "/reset-password");
    await page.getByLabel("Account e-mail address").fill("forgetful@people.example");
    await page.getByRole("button", { name: "Send e-mail" }).click();
    const mail = await server.mailTo("forgetful@people.example", /reset-password/);
    const link = Server.link(mail, "reset-password");

    const other = await visitor(browser, server);
    await open(other.page, link, 400);
    assert.equal(await other.page.locator("h1").innerText(), "This link does not work");
    await other.context.close();

    await open(page, link);
    await page.getByLabel("New password", { exact: true }).fill("nine loud rivers 1843");
    await page.getByLabel("Repeat new password").fill("nine loud rivers 1843");
    await page.getByRole("button", { name: "Change password" }).click();
    assert.equal(new URL(page.url()).pathname, "/account/login/");
    await server.mailTo("forgetful@people.example", /password/i, 1);
    await open(page, link, 400);
    await context.close();
  });

  test("a forgotten user name is shown by a mailed link", async () => {
    const { context, page, faults } = await visitor(browser, server);
    await make(page, "nameless");
    await open(page, "/username-retrieve");
    await page.getByLabel("Account e-mail address").fill("nameless@people.example");
    await page.getByRole("button", { name: "Send e-mail" }).click();
    const mail = await server.mailTo("nameless@people.example", /username-retrieve/);
    await open(page, Server.link(mail, "username-retrieve/complete"));
    await page.getByRole("button", { name: "Show user name" }).click();
    assert.equal(await page.locator("main code").innerText(), "nameless");
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a line break in a field cannot add a header to a mail", async () => {
    for (const email of ["a@people.example\r\nBcc: b@people.example", "a@people.example%0aBcc:b@people.example", "a@people.example,b@people.example"]) {
      const { context, page } = await visitor(browser, server);
      await open(page, "/register");
      await page.evaluate((text) => {
        const form = document.querySelector('form[action="/register"]');
        const set = (name, value) => { const field = form.elements[name]; field.type = "hidden"; field.value = value; };
        set("email", text); set("username", "breaker"); set("password1", "seven quiet rivers 1842"); set("password2", "seven quiet rivers 1842");
        HTMLFormElement.prototype.submit.call(form);
      }, email);
      await page.getByRole("alert").waitFor();
      await context.close();
    }
    assert.equal(server.mailsTo("b@people.example").length, 0);
  });

  test("forms of other sites and forms without the token have no effect", async () => {
    const body = new URLSearchParams({ email: "forged@people.example", username: "forged", password1: PASSWORD, password2: PASSWORD });
    for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
      const answer = await fetch(`${server.origin}/register`, { method: "POST", body, headers });
      assert.equal(answer.status, 403);
    }
    // The token of one browser does not work in another.
    const { context, page } = await visitor(browser, server);
    await open(page, "/register");
    const token = await page.locator('input[name="csrfmiddlewaretoken"]').first().inputValue();
    body.set("csrfmiddlewaretoken", token);
    const answer = await fetch(`${server.origin}/register`, { method: "POST", body, headers: { cookie: `peerage-browser=${"x".repeat(32)}` } });
    assert.equal(answer.status, 403);
    await context.close();
    assert.equal(server.mailsTo("forged@people.example").length, 0);
  });
});

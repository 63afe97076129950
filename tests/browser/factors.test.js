// Second factors: required, set up, used to log in, lost, and never bypassed.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { accessibleInAllForms, authenticator, launch, noFaults, open, visitor } from "./support/browser.js";
import { PASSWORD, addApp, enter, inside, leave, path, person } from "./support/people.js";
import { Server } from "./support/server.js";
import { totp } from "./support/totp.js";

describe("second factors", () => {
  let server;
  let browser;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  test("a person who can change data must set up a factor first, gets backup codes, and logs in with it", async () => {
    person(server, "bob", { org: 1, admin: true });
    const { context, page, faults } = await visitor(browser, server);
    await enter(page, "bob");
    assert.equal(path(page), "/account/two_factor/");
    for (const target of ["/profile", "/org/1/manage", "/"]) {
      await page.goto(target);
      assert.equal(path(page), "/account/two_factor/", `${target} needs the factor first`);
    }
    await open(page, "/account/two_factor/setup/");
    assert.equal(await page.getByLabel("Name").inputValue(), "App");
    await page.getByLabel("Six-digit code").fill("000000");
    await page.getByRole("button", { name: "Add app" }).click();
    await page.getByRole("alert").waitFor();
    const { secret, codes, code } = await addApp(page);
    assert.equal(codes.length, 10);
    await accessibleInAllForms(page, "codes once");
    await open(page, "/account/two_factor/backup/tokens/");
    for (const code of codes) assert.ok(!(await page.content()).includes(code), "codes are shown once");
    await open(page, "/account/two_factor/");

    await leave(page);
    await enter(page, "bob");
    assert.equal(await page.locator("h1").innerText(), "Two-factor authentication");
    await page.goto("/profile");
    assert.equal(path(page), "/account/login/", "a half-finished login does not log in");
    await page.goto("/account/login/");
    // The code from the setup cannot be used again.
    await page.getByLabel("Six-digit code").fill(code);
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Six-digit code").fill(totp(secret, 1));
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator("details.account").waitFor();
    await open(page, "/profile");
    await open(page, "/account/sessions/");

    await leave(page);
    await enter(page, "bob");
    await page.getByRole("textbox", { name: "Backup code" }).fill(codes[0].toLowerCase().replaceAll("-", " "));
    await page.getByRole("button", { name: "Use backup code" }).click();
    await page.locator("details.account").waitFor();
    await server.mailTo("bob@people.example", /backup code/i);
    await leave(page);
    await enter(page, "bob");
    await page.getByRole("textbox", { name: "Backup code" }).fill(codes[0]);
    await page.getByRole("button", { name: "Use backup code" }).click();
    await page.getByRole("alert").waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a passkey logs in without a password", async () => {
    const { context, page, faults } = await inside(browser, server, "petra", { org: 2 });
    const key = await authenticator(page, "passkey");
    await open(page, "/account/two_factor/");
    await page.getByLabel("Name").last().fill("laptop");
    await page.getByRole("button", { name: "Add key" }).click();
    await page.getByRole("rowheader", { name: "laptop" }).waitFor();
    assert.equal((await key.credentials()).length, 1);
    await leave(page);
    // The browser offers the passkey in the name field, so no button is needed.
    await page.goto("/account/login/");
    await page.locator("details.account").waitFor();
    await leave(page);
    // Requested with the button, while the browser still offers it. The offer must have begun before the key is touched:
    // one that begins afterwards logs in before the button is pressed.
    await key.touch(false);
    const offered = page.waitForResponse(/\/security_keys\/request_authentication$/);
    await page.goto("/account/login/");
    await (await offered).finished();
    await pause(500);
    await key.touch(true);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.locator("details.account").waitFor();
    await open(page, "/account/sessions/");
    assert.match(await page.locator("main").innerText(), /PIN or biometrics/);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a challenge is answered once, and strangers who ask for many keep nobody out", async () => {
    const { context, page } = await inside(browser, server, "odette", { org: 2 });
    await authenticator(page, "passkey");
    await open(page, "/account/two_factor/");
    await page.getByLabel("Name").last().fill("laptop");
    await page.getByRole("button", { name: "Add key" }).click();
    await page.getByRole("rowheader", { name: "laptop" }).waitFor();
    await leave(page);
    const stranger = await visitor(browser, server);
    await stranger.page.goto("/account/login/");
    const send = (path, body) => `(async () => {
      const token = document.querySelector('input[name="csrfmiddlewaretoken"]').value;
      const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token };
      return (await fetch("${path}", { method: "POST", headers, body: ${JSON.stringify(body)} })).status;
    })()`;
    for (let asked = 0; asked < 150; asked += 1) {
      assert.equal(await stranger.page.evaluate(send("/security_keys/request_authentication", '{"kind": "login"}')), 200);
    }
    const sent = page.waitForRequest(/\/security_keys\/verify_authentication$/);
    await page.goto("/account/login/");
    await page.locator("details.account").waitFor();
    const body = (await sent).postData();
    const again = await stranger.page.evaluate(send("/security_keys/verify_authentication", body));
    assert.equal(again, 400, "the same answer logs in once");
    assert.equal(await stranger.page.locator("details.account").count(), 0);
    await stranger.context.close();
    await context.close();
  });

  test("a passkey without user verification does not log in", async () => {
    const { context, page } = await inside(browser, server, "quentin", { org: 2 });
    const key = await authenticator(page, "passkey");
    await open(page, "/account/two_factor/");
    await page.getByLabel("Name").last().fill("laptop");
    await page.getByRole("button", { name: "Add key" }).click();
    await page.getByRole("rowheader", { name: "laptop" }).waitFor();
    await leave(page);
    await key.verify(false);
    await page.goto("/account/login/");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("That did not work").waitFor();
    assert.equal(await page.locator("details.account").count(), 0);
    await context.close();
  });

  for (const kind of ["key", "u2f"]) {
    test(`a security key (${kind}) is the second step after the password`, async () => {
      const name = `sven-${kind}`;
      const { context, page, faults } = await inside(browser, server, name, { org: 2 });
      await authenticator(page, kind);
      await open(page, "/account/two_factor/");
      await page.getByLabel("Name").last().fill("on my keyring");
      await page.getByLabel("Log in with it without a password").uncheck();
      await page.getByRole("button", { name: "Add key" }).click();
      await page.getByRole("rowheader", { name: "on my keyring" }).waitFor();
      await leave(page);
      await enter(page, name);
      await page.getByRole("button", { name: "Use security key or passkey" }).click();
      await page.locator("details.account").waitFor();
      assert.deepEqual(faults, []);
      await context.close();
    });
  }

  test("the last factor of a person who needs one stays", async () => {
    const { context, page } = await inside(browser, server, "lars", { org: 2, admin: true });
    await open(page, "/account/two_factor/");
    page.on("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: /^Remove/ }).first().click();
    await page.getByRole("alert").first().waitFor();
    await open(page, "/account/two_factor/");
    assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 1);
    await context.close();
  });

  test("a session gets a new token at login, and the old one no longer works", async () => {
    const { context, page, secret } = await inside(browser, server, "fred", { org: 2 });
    const cookie = async () => (await context.cookies()).find((one) => one.name.includes("peerage-session"))?.value;
    const before = await cookie();
    await leave(page);
    assert.ok(!(await cookie()), "logged out, the cookie is gone");
    // A planted cookie does not become a session.
    await context.addCookies([{ name: "peerage-session", value: before, url: server.origin }]);
    await page.goto("/profile");
    assert.equal(path(page), "/account/login/");
    await enter(page, "fred");
    const half = await cookie();
    assert.notEqual(half, before);
    await page.getByLabel("Six-digit code").fill(totp(secret, 1));
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator("details.account").waitFor();
    assert.notEqual(await cookie(), half);
    await context.close();
  });

  test("another site's form cannot log anybody in", async () => {
    person(server, "mallory");
    for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
      const body = new URLSearchParams({ "auth-username": "mallory", "auth-password": PASSWORD });
      const answer = await fetch(`${server.origin}/account/login/`, { method: "POST", body, headers, redirect: "manual" });
      assert.equal(answer.status, 403);
      assert.ok(!(answer.headers.get("set-cookie") ?? "").includes("peerage-session"));
    }
  });

  test("after the login, redirects stay within this site", async () => {
    person(server, "olga");
    const all = ["https://evil.example/", "//evil.example", "/\\evil.example", "\t//evil.example", "javascript:alert(1)", "/logout", "https:evil.example", "/%0d%0aLocation:https://evil.example"];
    for (const next of all) {
      const { context, page, faults } = await visitor(browser, server);
      await page.goto(`/account/login/?next=${encodeURIComponent(next)}`);
      await enter(page, "olga");
      await page.locator("details.account").waitFor({ timeout: 5000 }).catch(async () => assert.fail(`${next}: ${page.url()} ${await page.locator("main").innerText()}`));
      assert.equal(new URL(page.url()).origin, server.origin, next);
      assert.ok(!faults.some((fault) => fault.includes("asked")), next);
      await context.close();
    }
  });

  test("a wrong name and a wrong password get the same answer", async () => {
    person(server, "yara");
    const texts = [];
    for (const name of ["yara", "nobody-of-this-name"]) {
      const { context, page } = await visitor(browser, server);
      await enter(page, name, "not the password at all");
      await page.getByRole("alert").waitFor();
      texts.push(await page.getByRole("alert").innerText());
      if (name === "yara") await accessibleInAllForms(page, "login refused");
      await context.close();
    }
    assert.equal(texts[0], texts[1]);
  });
});

// Every kind of account recovery after a lost second factor, from start to end. A moved clock skips the three days.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { api } from "./support/api.js";
import { accessibleInAllForms, launch, noFaults, open, visitor } from "./support/browser.js";
import { PASSWORD, addAddress, addApp, enter, inside, insideAgain, leave, lockPassed, path, person, showBackup, showCode } from "./support/people.js";
import { Server } from "./support/server.js";

const NEW_PASSWORD = "eleven slow rivers 1844";

describe("account recovery", () => {
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

  const refused = async (page, target) => {
    await open(page, target, 400);
    assert.equal(await page.locator("h1").innerText(), "This link does not work");
  };

  /** Requests a recovery in a browser without a login. */
  async function begin(name) {
    const { context, page } = await visitor(browser, server);
    await open(page, "/account/login/");
    await page.getByRole("link", { name: "Lost your second factor?" }).click();
    await page.getByLabel("User name or e-mail address").fill(name);
    await page.getByRole("button", { name: "Send e-mail" }).click();
    assert.equal(await page.locator("h1").innerText(), "Check your inboxes");
    return { context, page };
  }

  const linkTo = async (address, words, beyond = 0) => Server.link(await server.mailTo(address, new RegExp(words), beyond), words);

  /** Opens the link in the mail to an address and presses its button. Returns the text of the next page. */
  async function prove(page, address) {
    const link = await linkTo(address, "/account/recover/address");
    await open(page, link);
    await page.getByRole("button", { name: "Confirm recovery" }).click();
    await page.locator(".notice").waitFor();
    return page.locator("main").innerText();
  }

  /** Makes a person with an app and two addresses in different domains, who is a member of an organization with other admins. */
  async function twoAddresses(name) {
    const made = await inside(browser, server, name, { org: 2 });
    await addAddress(made.page, server, `${name}@home.example`);
    return { ...made, addresses: [`${name}@people.example`, `${name}@home.example`] };
  }

  /** Gives two proofs, so that the waiting period starts. */
  async function waiting(name) {
    const made = await twoAddresses(name);
    const asked = await begin(name);
    assert.match(await prove(asked.page, made.addresses[0]), /one of two proofs/);
    assert.match(await prove(asked.page, made.addresses[1]), /In three days/);
    return { ...made, asked };
  }

  test("a backup code after the password logs in at once, and lost factors are replaced", async () => {
    const { context, page, codes } = await inside(browser, server, "beate", { org: 2 });
    await leave(page);
    await enter(page, "beate");
    await showBackup(page, codes[3]);
    // A new factor is required before anything else.
    await page.waitForURL((url) => url.pathname === "/account/two_factor/");
    await page.getByText("You logged in with a backup code.").waitFor();
    await page.goto("/profile");
    assert.equal(path(page), "/account/two_factor/");
    const { codes: fresh } = await addApp(page, { now: server.now, name: "New phone" });
    assert.equal(fresh.length, 10);
    assert.equal(fresh.filter((code) => codes.includes(code)).length, 0, "the whole set is new");
    await open(page, "/account/two_factor/");
    page.on("dialog", (dialog) => dialog.accept());
    const lost = page.getByRole("row").filter({ hasText: "App" }).filter({ hasNotText: "New phone" });
    if (await lost.count()) await lost.getByRole("button", { name: /^Remove/ }).click();
    await page.getByRole("rowheader", { name: "New phone" }).waitFor();
    await open(page, "/profile");
    await leave(page);
    await enter(page, "beate");
    await showBackup(page, codes[4]);
    await page.getByRole("alert").waitFor();
    await showBackup(page, fresh[0]);
    await page.locator("details.account").waitFor();
    await context.close();
  });

  test("two addresses in different domains recover the account after three days, and not earlier", async () => {
    person(server, "chief", { org: 2, admin: true });
    const cora = await twoAddresses("cora");
    await open(cora.page, "/profile/keys");
    await cora.page.locator("#form-make-").getByLabel("Name").fill("my laptop");
    await cora.page.getByRole("button", { name: "Create key" }).click();
    const key = (await cora.page.locator("#made-key").innerText()).trim();
    assert.equal((await api(server, key, "GET", "/api/whoami")).status, 200);

    const asked = await begin("cora");
    const first = await linkTo(cora.addresses[0], "/account/recover/address");
    const other = await visitor(browser, server);
    await refused(other.page, first);
    await open(asked.page, first);
    await accessibleInAllForms(asked.page, "recover by address");
    assert.match(await prove(asked.page, cora.addresses[0]), /one of two proofs/);
    await refused(asked.page, first);
    assert.equal(server.mailsTo("chief@people.example").filter((mail) => mail.text.includes("/recover/stop")).length, 0, "one proof is not enough");
    assert.match(await prove(asked.page, cora.addresses[1]), /In three days/);
    await accessibleInAllForms(asked.page, "recover waits");

    // Everyone concerned is notified. Opening the page that stops it does not stop it.
    for (const address of [...cora.addresses, "chief@people.example"]) await linkTo(address, "/account/recover/stop");
    await open(other.page, await linkTo("chief@people.example", "/account/recover/stop"));
    await accessibleInAllForms(other.page, "recover stop");
    await open(cora.page, "/profile");
    server.forward(25);
    for (const address of cora.addresses) await linkTo(address, "/account/recover/stop", 1);
    server.forward(46);
    await enter(asked.page, "cora");
    assert.equal(await asked.page.locator("h1").innerText(), "Two-factor authentication", "nothing has changed an hour before the end");
    assert.equal(server.mailsTo(cora.addresses[0]).filter((mail) => mail.text.includes("/recover/finish")).length, 0);
    server.forward(2);
    const finish = await linkTo(cora.addresses[0], "/account/recover/finish");
    await linkTo(cora.addresses[1], "/account/recover/finish");
    // After these days, the link works in any browser.
    await open(other.page, finish);
    await accessibleInAllForms(other.page, "recover finish");
    await other.page.getByLabel("New password", { exact: true }).fill("short");
    await other.page.getByLabel("Repeat new password").fill("short");
    await other.page.getByRole("button", { name: "Change password" }).click();
    await other.page.getByRole("alert").waitFor();
    await accessibleInAllForms(other.page, "recover finish refused");
    await other.page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
    await other.page.getByLabel("Repeat new password").fill(NEW_PASSWORD);
    await other.page.getByRole("button", { name: "Change password" }).click();
    await other.page.getByText("Account recovered.").waitFor();
    await refused(other.page, finish);
    await refused(other.page, await linkTo(cora.addresses[1], "/account/recover/finish"));

    // The old session, password and key no longer work. A new factor is required first.
    await cora.page.goto("/profile");
    assert.equal(path(cora.page), "/account/login/");
    await enter(cora.page, "cora", PASSWORD);
    await cora.page.getByRole("alert").waitFor();
    assert.equal((await api(server, key, "GET", "/api/whoami")).status, 401, "keys rest");
    await lockPassed();
    await enter(other.page, "cora", NEW_PASSWORD);
    await other.page.goto("/profile/keys");
    assert.equal(path(other.page), "/account/two_factor/", "a new factor is required first");
    const { secret, codes } = await addApp(other.page, { now: server.now });
    assert.equal(codes.length, 10);
    assert.equal(codes.filter((code) => cora.codes.includes(code)).length, 0, "backup codes are new, too");

    // For a day the account is read-only; then its owner resumes the key.
    await open(other.page, "/profile/keys");
    await other.page.getByRole("button", { name: /^Resume/ }).click();
    await other.page.waitForLoadState();
    assert.equal((await api(server, key, "GET", "/api/whoami")).status, 401, "nothing can be changed on that day");
    server.forward(25);
    await other.page.goto("/account/login/");
    if (await other.page.getByLabel("User name or e-mail address").count()) {
      await enter(other.page, "cora", NEW_PASSWORD);
      await showCode(other.page, secret, { steps: 0, now: server.now });
      await other.page.locator("details.account").waitFor();
    }
    const resume = other.page.getByRole("button", { name: /^Resume/ });
    await other.page.goto("/profile/keys");
    await resume.click();
    if (path(other.page) === "/account/confirm/") {
      // The form that was sent before is executed now.
      await showCode(other.page, secret, { steps: 1, now: server.now });
    }
    await other.page.getByText("Key updated.").waitFor();
    assert.equal((await api(server, key, "GET", "/api/whoami")).status, 200);
    for (const { context } of [cora, asked, other]) await context.close();
  });

  test("two addresses in one domain are one proof", async () => {
    const dora = await inside(browser, server, "dora", { org: 2 });
    await addAddress(dora.page, server, "dora.two@people.example");
    const { context, page } = await begin("dora");
    assert.match(await prove(page, "dora@people.example"), /one of two proofs/);
    assert.match(await prove(page, "dora.two@people.example"), /one of two proofs/);
    for (const one of [dora.context, context]) await one.close();
  });

  test("a mailed link stops it and suspends the account until staff reactivate it", async () => {
    const ewa = await waiting("ewa");
    const stop = await linkTo("ewa@home.example", "/account/recover/stop");
    const anybody = await visitor(browser, server, { javaScriptEnabled: false });
    await open(anybody.page, stop);
    await anybody.page.getByRole("button", { name: "Stop recovery and suspend account" }).click();
    await anybody.page.getByText("The recovery has been stopped").waitFor();
    await refused(anybody.page, stop);
    await refused(anybody.page, await linkTo("ewa@people.example", "/account/recover/stop"));
    await ewa.page.goto("/profile");
    assert.equal(path(ewa.page), "/account/login/", "sessions end");
    await enter(ewa.page, "ewa");
    await ewa.page.getByRole("alert").waitFor();
    server.forward(73);
    assert.equal(server.mailsTo("ewa@people.example").filter((mail) => mail.text.includes("/recover/finish")).length, 0);

    const staff = await inside(browser, server, "stella", { staff: true });
    await open(staff.page, "/staff/users?q=ewa");
    await staff.page.getByRole("button", { name: /^Reactivate ewa$/ }).click();
    await staff.page.locator(".notice").waitFor();
    await enter(ewa.page, "ewa");
    await showCode(ewa.page, ewa.secret, { steps: 0, now: server.now });
    await ewa.page.locator("details.account").waitFor();
    for (const { context } of [ewa, anybody, staff, ewa.asked]) await context.close();
  });

  test("a login with the supposedly lost factor stops it", async () => {
    const finn = await waiting("finn");
    await leave(finn.page);
    await enter(finn.page, "finn");
    await showCode(finn.page, finn.secret, { now: server.now });
    await finn.page.locator("details.account").waitFor();
    await refused(finn.asked.page, await linkTo("finn@home.example", "/account/recover/stop"));
    server.forward(73);
    await server.mailTo("finn@people.example", /./);
    assert.equal(server.mailsTo("finn@people.example").filter((mail) => mail.text.includes("/recover/finish")).length, 0);
    await open(finn.page, "/account/recover/");
    for (const { context } of [finn, finn.asked]) await context.close();
  });

  test("an address and an admin who vouches with a fresh factor start the waiting period, and nobody can vouch for themselves", async () => {
    person(server, "vera", { org: 4, admin: true });
    person(server, "gail", { org: 4 });
    // An admin can vouch for people who have been members for thirty days.
    server.forward(31 * 24);
    const chief = await insideAgain(browser, server, "vera");
    const gail = await insideAgain(browser, server, "gail");
    const { context, page } = await begin("gail");
    assert.match(await prove(page, "gail@people.example"), /has number/);
    chief.page.on("dialog", (dialog) => dialog.accept());
    await open(chief.page, "/org/4/manage");
    const row = chief.page.getByRole("row").filter({ hasText: "gail" });
    await row.getByText("Recovery request").waitFor();
    assert.equal(await chief.page.getByRole("row").filter({ hasText: "vera" }).getByRole("button", { name: /^Vouch/ }).count(), 0);
    await accessibleInAllForms(chief.page, "people, one recovering");
    server.forward(0.2);
    await row.getByRole("button", { name: /^Vouch/ }).click();
    assert.equal(path(chief.page), "/account/confirm/", "the factor has to be fresh");
    await showCode(chief.page, chief.secret, { steps: 1, now: server.now });
    await chief.page.locator(".notice.done").waitFor();
    await linkTo("vera@people.example", "/account/recover/stop");
    server.forward(73);
    const finish = await linkTo("gail@people.example", "/account/recover/finish");
    await open(page, finish);
    await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
    await page.getByLabel("Repeat new password").fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Account recovered.").waitFor();
    for (const one of [chief.context, gail.context, context]) await one.close();
  });

  test("every session of the person shows the recovery and can stop it", async () => {
    const kim = await waiting("kim");
    await open(kim.page, "/profile");
    await accessibleInAllForms(kim.page, "profile during a recovery");
    kim.page.on("dialog", (dialog) => dialog.accept());
    await kim.page.locator("form[action='/account/recover/end'] button").first().click();
    await kim.page.getByText("Recovery stopped.").waitFor();
    await refused(kim.asked.page, await linkTo("kim@home.example", "/account/recover/stop"));
    server.forward(73);
    assert.equal(server.mailsTo("kim@people.example").filter((mail) => mail.text.includes("/recover/finish")).length, 0);
    for (const { context } of [kim, kim.asked]) await context.close();
  });

  test("recovering an organization's only admin also needs staff, who approve or refuse it", async () => {
    const staff = await inside(browser, server, "stefan", { staff: true });
    staff.page.on("dialog", (dialog) => dialog.accept());
    for (const [name, org] of [["gina", 5], ["greta", 6]]) {
      const admin = await inside(browser, server, name, { org, admin: true });
      await addAddress(admin.page, server, `${name}@home.example`);
      const { context, page } = await begin(`${name}@home.example`);
      await prove(page, `${name}@people.example`);
      assert.match(await prove(page, `${name}@home.example`), /staff will review the request first/);
      for (const one of [admin.context, context]) await one.close();
    }
    await open(staff.page, "/staff/recoveries");
    const row = (name) => staff.page.getByRole("row").filter({ hasText: name });
    await accessibleInAllForms(staff.page, "recoveries pending for staff");
    await row("gina").locator("form.act button").first().click();
    await staff.page.locator(".notice.done").waitFor();
    await linkTo("gina@home.example", "/account/recover/stop");
    await row("greta").locator("summary").click();
    await row("greta").locator("textarea").fill("She wrote from nowhere.");
    await row("greta").locator("button.danger").click();
    await staff.page.locator(".notice.done").waitFor();
    assert.equal(await row("greta").count(), 0);
    server.forward(73);
    await linkTo("gina@people.example", "/account/recover/finish");
    assert.equal(server.mailsTo("greta@people.example").filter((mail) => mail.text.includes("/recover/finish")).length, 0);
    await staff.context.close();
  });

  test("no answer reveals who has an account or a factor, and an account gets at most three recoveries a day", async () => {
    const hugo = await twoAddresses("hugo");
    person(server, "hilde");
    const told = [];
    for (const name of ["hugo", "hilde", "nobody-of-this-name"]) {
      const { context, page } = await begin(name);
      told.push((await page.locator("main").innerText()).replaceAll(name, "NAME"));
      await context.close();
    }
    assert.deepEqual(new Set(told).size, 1);
    const asked = () => server.mailsTo("hugo@people.example").filter((mail) => mail.text.includes("/recover/address")).length;
    await linkTo("hugo@people.example", "/account/recover/address");
    // A second recovery can start once the first was stopped, which a login does.
    for (let starts = 0; starts < 4; starts += 1) {
      server.forward(0.1);
      await leave(hugo.page);
      await enter(hugo.page, "hugo");
      await showCode(hugo.page, hugo.secret, { steps: 0, now: server.now });
      await hugo.page.locator("details.account").waitFor();
      const { context } = await begin("hugo");
      await context.close();
    }
    server.forward(0.1);
    await server.mailTo("hugo@people.example", /\/account\/recover\/address/, 2);
    assert.equal(asked(), 3);
    assert.equal(server.mailsTo("hilde@people.example").length, 0);
    await hugo.context.close();
  });

  test("expired links do not work", async () => {
    const ida = await twoAddresses("ida");
    const { context, page } = await begin("ida");
    const recover = await linkTo("ida@home.example", "/account/recover/address");
    await open(page, "/reset-password");
    await page.getByLabel("Account e-mail address").fill("ida@people.example");
    await page.getByRole("button", { name: "Send e-mail" }).click();
    const reset = await linkTo("ida@people.example", "/reset-password");
    await open(page, "/username-retrieve");
    await page.getByLabel("Account e-mail address").fill("ida@people.example");
    await page.getByRole("button", { name: "Send e-mail" }).click();
    const names = await linkTo("ida@people.example", "/username-retrieve/complete");
    await open(ida.page, "/profile");
    await ida.page.getByLabel("New address").fill("ida.three@home.example");
    await ida.page.getByRole("button", { name: "Add address" }).click();
    const confirm = await linkTo("ida.three@home.example", "/confirm-email/");
    for (const link of [reset, names, recover]) await open(page, link);
    server.forward(0.6);
    await refused(page, reset);
    server.forward(24);
    for (const link of [names, recover]) await refused(page, link);
    await open(ida.page, confirm);
    server.forward(48);
    await refused(page, confirm);
    for (const one of [ida.context, context]) await one.close();
  });
});

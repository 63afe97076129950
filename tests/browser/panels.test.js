// An organization's pages: people join, get permissions and keys, and leave; permissions end when they should.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, afterEach, before, describe, test } from "node:test";

import { api, writeNote } from "./support/api.js";
import { accessibleInAllForms, launch, noFaults, open, visitor } from "./support/browser.js";
import { inside, path } from "./support/people.js";
import { Server } from "./support/server.js";

const ORG = 3;
/** Networks of that organization. */
const [OWN, OTHER] = [3, 4];

/** PeeringDB answers 401 for a row that the key cannot change, 403 for a missing permission. */
function refused(status, why) {
  assert.ok(status === 401 || status === 403, why ?? `answered ${status}`);
}

describe("pages of an organization", () => {
  let server;
  let browser;
  let anna;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" });
    browser = await launch();
    anna = await inside(browser, server, "anna", { org: ORG, admin: true });
    anna.page.on("dialog", (dialog) => dialog.accept());
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  /** Creates a role key or personal key with the form of this name, and returns the key that the page shows. */
  async function shownKey(page) {
    await page.locator("#made-key").waitFor();
    return (await page.locator("#made-key").innerText()).trim();
  }

  async function makeKey(page, target, name, preset) {
    await open(page, target);
    const form = page.locator("#form-make-");
    await form.getByLabel("Name").fill(name);
    if (await form.getByLabel("Contact").count()) await form.getByLabel("Contact").fill("noc@people.example");
    if (preset) await form.getByLabel("Permissions").selectOption({ label: preset });
    await form.getByRole("button", { name: "Create key" }).click();
    return shownKey(page);
  }

  test("an invited person joins, gets permissions on one network, and can change only that one", async () => {
    const { page } = anna;
    await open(page, `/org/${ORG}/manage`);
    const invite = page.locator("#form-invite-");
    await invite.getByLabel("E-mail address").fill("mia@people.example");
    await invite.getByLabel("member").check();
    await invite.getByRole("button", { name: "Send invitation" }).click();
    await page.getByText("Invitation sent.").waitFor();
    const mail = await server.mailTo("mia@people.example", /\/invitation\//);

    const mia = await inside(browser, server, "mia");
    await open(mia.page, Server.link(mail, "/invitation/"));
    await mia.page.getByRole("button", { name: "Accept" }).click();
    await mia.page.getByText("Welcome!").waitFor();
    await open(mia.page, Server.link(mail, "/invitation/"), 404);

    await open(page, `/org/${ORG}/manage/rights`);
    await page.getByRole("link", { name: /mia/ }).click();
    const row = page.locator("#form-rights- tr").filter({ hasText: "OBT Backbone" });
    for (const right of ["Read", "Update"]) await row.getByRole("checkbox", { name: new RegExp(`${right}$`) }).check();
    await page.getByRole("button", { name: "Save permissions" }).click();
    await page.getByText("Permissions saved.").waitFor();

    const key = await makeKey(mia.page, "/profile/keys", "my laptop");
    assert.equal(await writeNote(server, key, OWN, "by mia"), 200);
    refused(await writeNote(server, key, OTHER, "by mia"));
    refused(await writeNote(server, key, 1, "by mia"));
    // She does not see pages without permission.
    await mia.page.goto(`/org/${ORG}/manage/policy`);
    assert.equal(await mia.page.getByRole("button", { name: "Save" }).count(), 0);

    await open(page, `/org/${ORG}/manage`);
    const members = page.locator('section[aria-labelledby="members"]');
    await members.getByRole("row").filter({ hasText: "mia" }).getByRole("button", { name: /^Remove/ }).click();
    await page.getByText("Person removed.").waitFor();
    refused(await writeNote(server, key, OWN, "after"), "permissions end with the membership");
    assert.deepEqual([...anna.faults, ...mia.faults], []);
    await mia.context.close();
  });

  test("a person requests to join, and is approved", async () => {
    const nils = await inside(browser, server, "nils");
    await open(nils.page, "/affiliate");
    await nils.page.getByLabel("Organization").fill(String(ORG));
    await nils.page.getByRole("button", { name: "Send request" }).click();
    await nils.page.getByText("Request sent.").waitFor();

    await server.mailTo("anna@people.example", /nils/);
    const { page } = anna;
    await open(page, `/org/${ORG}/manage`);
    await page.getByRole("button", { name: "Approve nils" }).click();
    await page.getByText("Request approved.").waitFor();
    await server.mailTo("nils@people.example", /./);
    await open(nils.page, "/profile");
    await nils.page.locator("details.account > summary").click();
    await nils.page.locator("details.account").getByRole("link", { name: /Orzeł/ }).waitFor();
    await nils.context.close();
  });

  test("a key is created, shown once, used by curl, rotated and revoked", async () => {
    const { page } = anna;
    await open(page, `/org/${ORG}/manage/keys`);
    await accessibleInAllForms(page, "keys before the first");
    assert.equal(await page.locator("#form-make-").getByLabel("Name").inputValue(), "", "the form is empty");
    const key = await makeKey(page, `/org/${ORG}/manage/keys`, "router configuration", "create and update networks");
    await accessibleInAllForms(page, "key made");
    // The command on the page works unchanged.
    const line = (await page.locator("#made-curl").innerText()).replaceAll("\n", " ");
    const told = execFileSync("sh", ["-c", line.replace(/^curl/, "curl -sS")], { encoding: "utf8", env: { ...process.env, PEERAGE_KEY: key } });
    assert.ok(!line.includes(key), "the key is not in the command");
    assert.match(told, /router configuration/);
    await open(page, `/org/${ORG}/manage/keys`);
    assert.ok(!(await page.content()).includes(key), "the key is shown once");
    assert.equal(await writeNote(server, key, OWN, "by the key"), 200);

    const row = page.getByRole("row").filter({ hasText: "router configuration" });
    await row.getByRole("button", { name: /^Replace secret/ }).click();
    const next = await shownKey(page);
    assert.notEqual(next, key);
    assert.equal(await writeNote(server, next, OWN, "by the new secret"), 200);
    assert.equal(await writeNote(server, key, OWN, "by the old secret"), 200, "the old secret works for a day");

    await open(page, `/org/${ORG}/manage/keys`);
    await row.getByRole("button", { name: /^Suspend/ }).click();
    await page.getByText("Key updated.").waitFor();
    refused(await writeNote(server, next, OWN, "suspended"));
    await row.getByRole("button", { name: /^Resume/ }).click();
    await page.getByText("Key updated.").waitFor();
    assert.equal(await writeNote(server, next, OWN, "resumed"), 200);
    await row.getByRole("button", { name: /^Revoke/ }).click();
    await page.getByText("Key revoked.").waitFor();
    for (const old of [key, next]) refused(await writeNote(server, old, OWN, "revoked"));
    await server.mailTo("anna@people.example", /router configuration/);

    await open(page, `/org/${ORG}/manage/audit`);
    assert.match(await page.locator("main").innerText(), /router configuration|net 3|net\/3/);
    assert.deepEqual(anna.faults, []);
  });

  test("a role key is revoked when its owner leaves the role account", async () => {
    const rolf = await inside(browser, server, "rolf", { org: ORG });
    const { page } = anna;
    await open(page, `/org/${ORG}/manage/roles`);
    await accessibleInAllForms(page, "roles before the first");
    const form = page.locator("#form-new-");
    await form.getByLabel("Name").fill("Night shift");
    await form.getByLabel("Shared mailbox").fill("noc@people.example");
    await form.getByLabel(/rolf/).check();
    await form.getByRole("button", { name: "Create role account" }).click();
    await page.getByText("Role account saved.").waitFor();
    await page.getByRole("link", { name: "Permissions of the role account Night shift" }).click();
    // A kind of role account has default permissions; this one keeps only those that are ticked here.
    const ticked = page.locator("#form-rights- input:checked");
    while (await ticked.count()) await ticked.first().uncheck();
    const row = page.locator("#form-rights- tr").filter({ hasText: "OBT Mobile" });
    for (const right of ["Read", "Update"]) await row.getByRole("checkbox", { name: new RegExp(`${right}$`) }).check();
    await page.getByRole("button", { name: "Save permissions" }).click();
    await page.getByText("Permissions saved.").waitFor();

    await open(rolf.page, `/org/${ORG}/manage/roles`);
    await rolf.page.getByText("Create a role key").click();
    const place = rolf.page.locator("details").filter({ hasText: "Create a role key" });
    await place.getByLabel("Name").fill("pager");
    await place.getByRole("button", { name: "Create key" }).click();
    const key = await shownKey(rolf.page);
    assert.equal(await writeNote(server, key, OTHER, "by the role"), 200);
    refused(await writeNote(server, key, OWN, "by the role"));

    await open(page, `/org/${ORG}/manage/roles`);
    await page.locator("details > summary").filter({ hasText: "Edit" }).first().click();
    const change = page.locator("details[open] form");
    await change.getByLabel(/rolf/).uncheck();
    await change.getByRole("button", { name: "Save role account" }).click();
    await page.getByText("Role account saved.").waitFor();
    refused(await writeNote(server, key, OTHER, "after"), "the key is revoked");
    const { status } = await api(server, key, "GET", "/api/whoami");
    assert.equal(status, 401);
    await rolf.context.close();
  });

  test("a key is edited: its permissions shrink at once, and its name changes", async () => {
    const { page } = anna;
    const key = await makeKey(page, `/org/${ORG}/manage/keys`, "to be edited", "create and update networks");
    assert.equal(await writeNote(server, key, OWN, "before"), 200);
    await open(page, `/org/${ORG}/manage/keys`);
    await page.getByRole("link", { name: "to be edited", exact: true }).click();
    const form = page.locator("#form-edit-");
    await form.getByLabel("Name").fill("edited");
    await form.getByLabel("Note").fill("From the office alone.");
    await form.getByLabel("Allowed networks").fill("198.51.100.0/24 and nonsense");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").waitFor();
    await accessibleInAllForms(page, "key refused");
    await form.getByLabel("Allowed networks").fill("198.51.100.0/24");
    await form.getByRole("button", { name: "Save" }).click();
    await page.locator(".notice.done").waitFor();
    assert.equal(await page.locator("h1").innerText(), "Key edited");
    refused(await writeNote(server, key, OWN, "from elsewhere"));
    await server.mailTo("anna@people.example", /edited/);
  });

  test("the page shows who would be locked out before a requirement is saved", async () => {
    const { page } = anna;
    const pia = await inside(browser, server, "pia", { org: ORG });
    await open(page, `/org/${ORG}/manage/policy`);
    await page.locator("[name=requires_passkey]").check();
    await page.getByRole("button", { name: "Who would be locked out?" }).click();
    const note = page.locator(".notice.warning");
    await note.waitFor();
    assert.match(await note.innerText(), /pia: No passkey/);
    await accessibleInAllForms(page, "policy, preview");
    await open(page, `/org/${ORG}/manage/policy`);
    assert.equal(await page.locator("[name=requires_passkey]").isChecked(), false, "nothing was saved");
    await page.locator("[name=email_domains]").fill("people.example\nno domain");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").waitFor();
    await accessibleInAllForms(page, "policy refused");
    await page.locator("[name=email_domains]").fill("people.example");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".notice.done").waitFor();
    assert.equal(await page.locator("[name=email_domains]").inputValue(), "people.example");
    await server.mailTo("anna@people.example", /requirements changed/i);
    await pia.context.close();
  });

  test("the last admin stays", async () => {
    const { page } = anna;
    await open(page, `/org/${ORG}/manage`);
    await page.getByText("The last admin").waitFor();
  });

  test("anonymous visitors and members of other organizations see nothing", async () => {
    const other = await inside(browser, server, "otto", { org: 2, admin: true });
    for (const tab of ["", "/people", "/rights", "/roles", "/keys", "/hygiene", "/audit", "/policy"]) {
      const answer = await other.page.goto(`/org/${ORG}/manage${tab}`);
      assert.ok([403, 404].includes(answer.status()), `${tab}: ${answer.status()}`);
      assert.ok(!(await other.page.content()).includes("anna@people.example"), tab);
      const { context, page } = await visitor(browser, server);
      await page.goto(`/org/${ORG}/manage${tab}`);
      assert.equal(path(page), "/account/login/", tab);
      await context.close();
    }
    await other.context.close();
  });

  test("only staff see pending requests", async () => {
    const sara = await inside(browser, server, "sara", { staff: true });
    for (const target of ["/staff", "/staff/users", "/staff/recoveries"]) {
      await open(sara.page, target);
      await open(anna.page, target, 404);
    }
    assert.deepEqual(sara.faults, []);
    await sara.context.close();
  });
});

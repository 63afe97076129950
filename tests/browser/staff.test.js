// Decisions of the registry's staff, and their effects.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { api, known } from "./support/api.js";
import { accessibleInAllForms, launch, noFaults, open } from "./support/browser.js";
import { enter, inside, lockPassed, path, showCode } from "./support/people.js";
import { Server } from "./support/server.js";

describe("staff", () => {
  let server;
  let browser;
  let sara;
  let key;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" });
    browser = await launch();
    sara = await inside(browser, server, "sara", { staff: true });
    server.run("user", "create", "--username", "anna", "--email", "anna@people.example");
    server.run("org", "add", "anna", "--org", "3", "--admin", "--without-consent");
    ({ key } = server.json("key", "create", "--org", "3", "--name", "maker", "--email", "anna@people.example", "--grant", "org.3=crud"));
    await known(server, key);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  async function facility(name) {
    const made = await api(server, key, "POST", "/api/fac", { org_id: 3, name, website: "https://hala.obt.example", address1: "Prosta 1", city: "Warszawa", zipcode: "00-838", country: "PL" });
    assert.equal(made.status, 201, JSON.stringify(made.json));
    return made.json.data?.[0]?.id ?? made.json.id;
  }

  /** Returns the queue entry about an item. */
  const part = (name) => sara.page.locator("section").filter({ has: sara.page.getByRole("heading", { level: 2 }).filter({ hasText: name }) });
  const status = async (id) => (await api(server, key, "GET", `/api/fac/${id}`)).json.data[0]?.status;

  async function refuse(name, reason) {
    await part(name).locator("summary").click();
    await part(name).locator("textarea").fill(reason);
    await part(name).locator("button.danger").click();
  }

  test("a pending facility is approved and becomes public", async () => {
    const id = await facility("Hala Główna");
    assert.equal(await status(id), "pending");
    await open(sara.page, "/staff");
    await part("Hala Główna").getByRole("button", { name: /^Approve/ }).click();
    await sara.page.locator(".notice.done").waitFor();
    assert.equal(await part("Hala Główna").count(), 0);
    assert.equal(await status(id), "ok");
    const listed = await api(server, null, "GET", `/api/fac?id=${id}`);
    assert.equal(listed.json.data.length, 1);
  });

  test("another one is refused, with a reason", async () => {
    const id = await facility("Hala Boczna");
    await open(sara.page, "/staff");
    await part("Hala Boczna").locator("summary").click();
    await part("Hala Boczna").locator("form.form").evaluate((form) => { form.noValidate = true; });
    await part("Hala Boczna").locator("button.danger").click();
    await sara.page.getByRole("alert").waitFor();
    await accessibleInAllForms(sara.page, "staff queue, refused without a reason");
    await open(sara.page, "/staff");
    await refuse("Hala Boczna", "There is a facility at this address.");
    await sara.page.locator(".notice.done").waitFor();
    assert.equal(await part("Hala Boczna").count(), 0);
    assert.notEqual((await api(server, key, "GET", `/api/fac/${id}`)).json.data?.[0]?.status, "ok");
  });

  test("a person requests ownership of an organization without admins and is approved; another one is refused with a reason", async () => {
    const people = [];
    for (const name of ["nora", "nick"]) people.push(await inside(browser, server, name));
    for (const { page } of people) {
      await open(page, "/request-ownership?id=7");
      await page.locator("main form").getByRole("button").click();
      await page.getByText("Request sent.").waitFor();
    }
    await open(sara.page, "/staff");
    await part("nora for Merlion").getByRole("button", { name: /^Approve/ }).click();
    await sara.page.locator(".notice.done").waitFor();
    await server.mailTo("nora@people.example", /nora is now an admin/);
    await open(people[0].page, "/org/7/manage");
    await people[0].page.getByText("The last admin").waitFor();

    // Now the new admin decides about the other request.
    const denied = people[0].page.getByRole("row").filter({ hasText: "nick" });
    await denied.locator("summary").click();
    await denied.locator("textarea").fill("Nobody here knows you.");
    await denied.locator("button.danger").click();
    await people[0].page.locator(".notice.done").waitFor();
    await open(people[1].page, "/affiliate");
    await people[1].page.getByRole("row").filter({ hasText: "denied" }).waitFor();
    for (const { context } of people) await context.close();
  });

  test("an account is suspended at once, and reactivated", async () => {
    const otto = await inside(browser, server, "otto", { org: 2 });
    sara.page.on("dialog", (dialog) => dialog.accept());
    await open(sara.page, "/staff/users?q=otto");
    await sara.page.getByRole("button", { name: "Suspend otto" }).click();
    await sara.page.locator(".notice.done").waitFor();
    await otto.page.goto("/profile");
    assert.equal(path(otto.page), "/account/login/");
    await enter(otto.page, "otto");
    await otto.page.getByRole("alert").waitFor();
    await open(sara.page, "/staff/users?q=otto");
    await sara.page.getByRole("button", { name: "Reactivate otto" }).click();
    await sara.page.locator(".notice.done").waitFor();
    await otto.page.goto("/profile");
    assert.equal(path(otto.page), "/account/login/", "an ended session stays ended");
    await lockPassed();
    await enter(otto.page, "otto");
    await showCode(otto.page, otto.secret);
    await otto.page.locator("details.account").waitFor();
    await otto.context.close();
  });

  test("a person gets a rank, sees the pages of that rank, and loses it", async () => {
    const rita = await inside(browser, server, "rita");
    await open(sara.page, "/staff/ranks");
    await sara.page.getByText("This is the last admin").waitFor();
    await sara.page.getByLabel("Person").fill("rita");
    await sara.page.getByRole("radio", { name: /^Queue/ }).check();
    await sara.page.getByRole("button", { name: "Give rank" }).click();
    await sara.page.locator(".notice.done").waitFor();
    await server.mailTo("rita@people.example", /staff rank/);
    await open(rita.page, "/staff");
    assert.equal(await rita.page.getByRole("link", { name: "Accounts" }).count(), 0);
    assert.equal((await rita.page.goto("/staff/users")).status(), 404);

    const row = sara.page.getByRole("row").filter({ hasText: "rita" });
    await row.locator("summary").click();
    await row.getByLabel("New rank").selectOption("none");
    await row.getByRole("button", { name: "Change rank" }).click();
    await sara.page.locator(".notice.done").waitFor();
    assert.equal(await row.count(), 0);
    assert.equal((await rita.page.goto("/staff")).status(), 404);
    await rita.context.close();
  });

  test("only staff can do this, and the audit log records it", async () => {
    const eve = await inside(browser, server, "eve", { org: 3, admin: true });
    await facility("Hala Trzecia");
    const token = await eve.page.locator("input[name=csrfmiddlewaretoken]").first().inputValue();
    for (const [target, form] of [["/staff/approve", { what: "fac.1" }], ["/staff/refuse", { what: "fac.1", reason: "no" }], ["/staff/users/bar", { user_id: "1" }], ["/staff/users/let-in", { user_id: "1" }]]) {
      const answer = await eve.context.request.post(target, { form: { ...form, csrfmiddlewaretoken: token }, maxRedirects: 0 });
      assert.equal(answer.status(), 404, target);
    }
    const trail = server.run("audit", "list", "--org", "3", "--limit", "500", "--json");
    for (const name of ["Hala Główna", "Hala Boczna"]) assert.ok(trail.includes(name), name);
    assert.match(trail, /There is a facility at this address/);
    await eve.context.close();
  });
});

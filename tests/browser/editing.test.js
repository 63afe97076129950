// Editing objects: forms of all fields, grids of lists, previews, conflicts, deletion, new objects; also without scripts.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { launch, noFaults, open } from "./support/browser.js";
import { inside, insideAgain } from "./support/people.js";
import { Server } from "./support/server.js";
import { UNBOUNDED } from "./support/world.js";

const NET = 3;
const IX = 2;
const ORG = 3;

describe("editing", () => {
  let server;
  let browser;
  let page;
  let other;

  before(async () => {
    server = await Server.start(UNBOUNDED);
    browser = await launch();
    ({ page } = await inside(browser, server, "edith", { org: ORG, admin: true }));
    ({ page: other } = await inside(browser, server, "olaf", { org: ORG, admin: true, options: { javaScriptEnabled: false } }));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  const check = (one) => one.getByRole("button", { name: "Check changes" }).click();
  const save = (one) => one.getByRole("button", { name: "Save changes" }).click();
  const api = async (target) => (await (await page.request.get(target)).json()).data;
  const told = async (one, text) => assert.match(await one.locator(".notice").first().innerText(), text);

  test("a field is changed after its preview, and the history says why", async () => {
    await open(page, `/net/${NET}`);
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await page.getByLabel("Also known as").fill("OBT");
    await page.getByLabel("Reason").fill("The new short name");
    await check(page);
    assert.match(await page.locator(".lead").innerText(), /1 changed/);
    assert.match(await page.locator(".changes").innerText(), /Also known as\s+.*OBT/);
    assert.notEqual((await api(`/api/net/${NET}`))[0].aka, "OBT", "nothing is saved yet");
    await save(page);
    await told(page, /Saved/);
    assert.equal(new URL(page.url()).pathname, `/net/${NET}`);
    assert.equal((await api(`/api/net/${NET}`))[0].aka, "OBT");
    await open(page, `/net/${NET}/history`);
    const first = await page.locator(".changes > li").first().innerText();
    assert.match(first, /edith/);
    assert.match(first, /The new short name/);
  });

  test("the history undoes a change after its preview, also without scripts", async () => {
    const before = (await api(`/api/net/${NET}`))[0].notes;
    await open(other, `/edit/net/${NET}`);
    await other.getByRole("textbox", { name: /^Notes/ }).fill("A mistake");
    await check(other);
    await save(other);
    await open(other, `/net/${NET}/history`);
    await other.locator(".changes > li").first().getByRole("link", { name: "Undo" }).click();
    assert.match(await other.locator(".changes").innerText(), /A mistake/);
    await other.getByLabel("Reason").fill("Wrong network");
    await other.getByRole("button", { name: "Undo" }).click();
    await told(other, /Undone/);
    assert.equal((await api(`/api/net/${NET}`))[0].notes, before);
    const first = await other.locator(".changes > li").first().innerText();
    assert.match(first, /by an undo/);
    assert.match(first, /Wrong network/);
  });

  test("the form comes back from the preview with what was entered", async () => {
    await open(other, `/edit/net/${NET}`);
    await other.getByLabel("Long name").fill("OBT Backbone of Warszawa");
    await check(other);
    await other.getByRole("button", { name: "Back to the form" }).click();
    assert.equal(await other.getByLabel("Long name").inputValue(), "OBT Backbone of Warszawa");
    await check(other);
    await save(other);
    await told(other, /Saved/);
    assert.equal((await api(`/api/net/${NET}`))[0].name_long, "OBT Backbone of Warszawa");
  });

  test("errors stand at their fields, and nothing is changed", async () => {
    await open(page, `/edit/net/${NET}`);
    await page.getByLabel("Looking glass").evaluate((input) => (input.type = "text"));
    await page.getByLabel("Looking glass").fill("no url");
    await page.getByLabel("IPv4 prefixes").fill("many");
    await check(page);
    const summary = page.getByRole("alert");
    assert.match(await summary.innerText(), /valid URL[\s\S]*valid integer/);
    await summary.getByRole("link").first().click();
    assert.equal(await page.evaluate(() => document.activeElement.name), "looking_glass");
    assert.equal(await page.getByLabel("IPv4 prefixes").inputValue(), "many");
  });

  test("a form that changes nothing says so", async () => {
    await open(page, `/edit/net/${NET}`);
    await check(page);
    await told(page, /Nothing has changed/);
  });

  test("who was slower sees both versions and chooses; untouched fields follow", async () => {
    await open(page, `/edit/net/${NET}`);
    await open(other, `/edit/net/${NET}`);
    await page.getByLabel("Also known as").fill("Theirs");
    await page.getByLabel("Peering policy").fill("https://obt.example/peering");
    await check(page);
    await save(page);
    await other.getByLabel("Also known as").fill("Mine");
    await check(other);
    assert.match(await other.locator("main").innerText(), /Someone else was faster[\s\S]*Theirs[\s\S]*Mine/);
    await other.getByRole("radio", { name: /As you entered it/ }).check();
    await check(other);
    await save(other);
    await told(other, /Saved/);
    const [net] = await api(`/api/net/${NET}`);
    assert.deepEqual([net.aka, net.policy_url], ["Mine", "https://obt.example/peering"]);
  });

  test("ports are changed, removed and added with one save", async () => {
    const before = await api(`/api/netixlan?net_id=${NET}`);
    await open(page, `/edit/net/${NET}`);
    await page.getByRole("navigation", { name: "Parts of the object" }).getByRole("link", { name: /exchanges|ports/i }).click();
    const row = (port) => page.locator("tr", { has: page.locator(`[name="row-${port.id}-speed"]`) });
    await row(before[0]).getByLabel("Speed").fill("400G");
    await row(before[1]).getByRole("checkbox", { name: /^Remove/ }).check();
    await page.locator('[name="new-0-ixlan_id"]').fill("Wisła-IX");
    await page.locator('[name="new-0-speed"]').fill("100 Gbit/s");
    await page.locator('[name="new-0-ipaddr4"]').fill("11.250.8.77");
    await page.locator('[name="new-0-ipaddr6"]').fill("2F00:DEC0:0002:0:0:0:0:77");
    await check(page);
    assert.match(await page.locator(".lead").innerText(), /1 changed, 1 created, 1 deleted/);
    await save(page);
    await told(page, /Saved/);
    const after = await api(`/api/netixlan?net_id=${NET}`);
    assert.equal(after.length, before.length);
    assert.equal(after.find((port) => port.id === before[0].id).speed, 400_000);
    assert.ok(!after.some((port) => port.id === before[1].id));
    const added = after.find((port) => port.ipaddr4 === "11.250.8.77");
    assert.deepEqual([added.speed, added.ipaddr6, added.ix_id], [100_000, "2f00:dec0:2::77", IX]);
    assert.equal(new Set([added.updated, after.find((port) => port.id === before[0].id).updated]).size, 1, "one change");
  });

  test("an error in a row names the row, and the other rows keep what was entered", async () => {
    const [port] = await api(`/api/netixlan?net_id=${NET}`);
    await open(other, `/edit/net/${NET}/ports`);
    await other.locator(`[name="row-${port.id}-speed"]`).fill("7G");
    await other.locator('[name="new-0-ixlan_id"]').fill("IX");
    await check(other);
    assert.match(await other.getByRole("alert").innerText(), /Several objects match/);
    await other.locator('[name="new-0-ixlan_id"]').fill("Wisła-IX");
    await other.locator('[name="new-0-speed"]').fill("10G");
    await other.locator('[name="new-0-ipaddr4"]').fill("192.0.2.1");
    await check(other);
    assert.match(await other.getByRole("alert").innerText(), /outside of prefix|address space/);
    assert.equal(await other.locator(`[name="row-${port.id}-speed"]`).inputValue(), "7G");
  });

  test("rows are pasted from a spreadsheet; a row of the list is changed by them", async () => {
    const [port] = await api(`/api/netixlan?net_id=${NET}`);
    await open(other, `/edit/net/${NET}/ports`);
    await other.getByText("Paste rows").click();
    await other.getByLabel("Rows from a spreadsheet").fill(`Speed\tExchange LAN\tIPv4 address\n20G\t${port.ixlan_id}\t${port.ipaddr4}\n10G\tWisła-IX\t11.250.8.88\n`);
    await other.getByRole("button", { name: "Add to the form" }).click();
    assert.equal(await other.locator(`[name="row-${port.id}-speed"]`).inputValue(), "20G");
    assert.equal(await other.locator('[name="new-0-ipaddr4"]').inputValue(), "11.250.8.88");
    await check(other);
    await save(other);
    await told(other, /Saved/);
    const after = await api(`/api/netixlan?net_id=${NET}`);
    assert.equal(after.find((one) => one.id === port.id).speed, 20_000);
    assert.ok(after.some((one) => one.ipaddr4 === "11.250.8.88"));
  });

  test("an exchange is edited together with its LAN, and its prefixes in a list", async () => {
    await open(page, `/edit/ix/${IX}`);
    await page.getByLabel("Also known as").fill("WIX");
    await page.getByLabel("MTU").selectOption("9000");
    await check(page);
    assert.match(await page.locator(".lead").innerText(), /2 changed/);
    await save(page);
    const [ix] = await api(`/api/ix/${IX}`);
    assert.equal(ix.aka, "WIX");
    assert.equal((await api(`/api/ixlan/${ix.ixlan_set?.[0]?.id ?? IX}`))[0].mtu, 9000);
    await open(page, `/edit/ix/${IX}/prefixes`);
    assert.ok((await page.locator("tbody tr").count()) >= 3);
  });

  test("what would be deleted is shown, and deleted together", async () => {
    const [contact] = await api(`/api/poc?net_id=4`);
    assert.ok(contact);
    await open(page, "/edit/net/4");
    await page.getByRole("link", { name: "Delete", exact: true }).click();
    assert.match(await page.locator(".lead").innerText(), /deleted/);
    await save(page);
    await told(page, /Deleted/);
    assert.equal((await api("/api/net?id=4&status=ok")).length, 0);
    const answer = await page.goto("/net/4");
    assert.equal(answer.status(), 410);
  });

  test("a new object is checked, previewed and added once", async () => {
    await open(page, `/org/${ORG}`);
    await page.getByRole("link", { name: "Add a carrier" }).click();
    await page.getByLabel("Name", { exact: true }).fill("OBT Waves");
    await page.getByLabel("Website").fill("https://waves.obt.example");
    await check(page);
    assert.match(await page.locator(".changes").innerText(), /OBT Waves/);
    // The same form twice, as an impatient person sends it.
    await page.evaluate(async () => {
      const form = document.querySelector("main form");
      const body = new URLSearchParams(new FormData(form));
      body.set("step", "save");
      await fetch(form.action, { method: "POST", body });
    });
    await save(page);
    await told(page, /Saved|Staff of the registry/);
    const file = path.join(server.folder, "export.json");
    server.run("export", file);
    const carriers = JSON.parse(fs.readFileSync(file, "utf8")).carrier.data;
    assert.deepEqual(carriers.filter((one) => one.name === "OBT Waves").map((one) => one.status), ["pending"]);
  });

  test("others do not see forms, and are told which permission they lack", async () => {
    const { page: stranger } = await insideAgainOrNew("stan", 7);
    const answer = await stranger.goto(`/edit/net/${NET}`);
    assert.equal(answer.status(), 403);
    assert.match(await stranger.locator("main").innerText(), /update permission on peeringdb\.organization\.3\.network\.3/);
    await open(stranger, `/net/${NET}`);
    assert.equal(await stranger.getByRole("link", { name: "Edit", exact: true }).count(), 0);
  });

  async function insideAgainOrNew(name, org) {
    return inside(browser, server, name, { org }).catch(() => insideAgain(browser, server, name));
  }
});

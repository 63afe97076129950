// Member lists of exchanges: an import on request, its proposals to a network, a confirmation, and the undo of an import.

import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { accessibleInAllForms, launch, noFaults, open } from "./support/browser.js";
import { inside } from "./support/people.js";
import { Server } from "./support/server.js";
import { UNBOUNDED } from "./support/world.js";

const NET = 25;
const IX = 1;
const FREE = ["11.250.4.200", "11.250.4.201"];

describe("proposals", () => {
  let server;
  let browser;
  let lists;
  let list;
  let page;
  let other;

  before(async () => {
    lists = http.createServer((_, answer) => answer.end(JSON.stringify(list)));
    await new Promise((done) => lists.listen(0, "127.0.0.1", done));
    server = await Server.start({ ...UNBOUNDED, PEERAGE_MEMBER_LISTS: "requested", PEERAGE_MEMBER_LISTS_DELAY_MS: "0", PEERAGE_ALLOW_PRIVATE: "true" });
    browser = await launch();
    ({ page } = await inside(browser, server, "edith", { org: 1, admin: true }));
    ({ page: other } = await inside(browser, server, "olaf", { org: 1, admin: true, options: { javaScriptEnabled: false } }));
    list = await (await page.request.get(`${server.origin}/export/ixlan/1/ixp-member-list`)).json();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    lists?.close();
  });
  afterEach(noFaults);

  const ports = async () => (await (await page.request.get(`${server.origin}/api/netixlan?net_id=${NET}&ixlan_id=1`)).json()).data;
  const told = async (one, text) => assert.match(await one.locator(".notice").first().innerText(), text);

  async function requested() {
    await open(page, `/ix/${IX}/import`);
    await page.getByRole("button", { name: "Request an import" }).click();
    for (;;) {
      const ix = (await (await page.request.get(`${server.origin}/api/ix/${IX}?depth=0`)).json()).data[0];
      if (!["queued", "importing"].includes(ix.ixf_import_request_status)) return ix.ixf_import_request_status;
      await pause(100);
    }
  }

  test("what a list has beside a network's ports is proposed to it, and accepted with the keyboard alone", async () => {
    await open(page, `/edit/ix/${IX}`);
    await page.getByRole("textbox", { name: /^Member list/ }).fill(`http://127.0.0.1:${lists.address().port}/list.json`);
    await page.getByRole("button", { name: "Check changes" }).click();
    await page.getByRole("button", { name: "Save changes" }).click();
    const [port] = await ports();
    const member = list.member_list.find(({ asnum }) => asnum === port.asn);
    const [connection] = member.connection_list;
    for (const address of FREE) member.connection_list.push({ ...connection, vlan_list: [{ vlan_id: connection.vlan_list[0].vlan_id, ipv4: { address } }] });
    assert.equal(await requested(), "finished");
    await open(page, "/");
    await page.getByRole("link", { name: /propose 2 changes of ports/ }).click();
    await accessibleInAllForms(page, "proposals");
    for (const address of FREE) assert.match(await page.locator("main").innerText(), new RegExp(address));
    const choice = page.getByRole("checkbox").first();
    await choice.focus();
    await page.keyboard.press("Space");
    assert.ok(await choice.isChecked());
    // Past the other proposal, to the button.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await told(page, /Accepted/);
    assert.deepEqual((await ports()).map(({ ipaddr4 }) => ipaddr4).sort(), [port.ipaddr4, FREE[0]].sort());
  });

  test("a proposal is dismissed and shown again, without scripts", async () => {
    await open(other, `/net/${NET}/proposals`);
    await other.getByRole("checkbox").check();
    await other.getByRole("button", { name: /^Dismiss selected/ }).click();
    await told(other, /Dismissed/);
    await other.getByText("Dismissed: 1").click();
    await other.getByRole("checkbox").check();
    await other.getByRole("button", { name: /^Show again/ }).click();
    await told(other, /Shown again/);
    assert.match(await other.locator("main").innerText(), new RegExp(FREE[1]));
    assert.equal((await ports()).length, 2, "no port has changed");
    await open(other, `/ix/${IX}/proposals`);
    assert.match(await other.locator("main").innerText(), new RegExp(FREE[1]));
  });
});

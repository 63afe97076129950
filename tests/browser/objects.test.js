// What owners and staff manage for objects besides fields: carriers that request a facility, and logos.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { api, known } from "./support/api.js";
import { accessible, launch, noFaults, open, picture } from "./support/browser.js";
import { inside } from "./support/people.js";
import { Server } from "./support/server.js";

/** Window sizes for the checks: a small phone, a laptop, a large screen. */
const WIDTHS = [[360, 740], [1280, 800], [2560, 1440]];

/** A carrier of organization 2, and facilities of organization 3, which gets an admin, and of 10, which has none. */
const [CARRIER, OWNED, UNOWNED] = [1, 3, 14];

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async function lookedAt(page, what) {
  const before = page.viewportSize();
  for (const [width, height] of WIDTHS) {
    await page.setViewportSize({ width, height });
    await accessible(page, `${what} ${width}`);
    await picture(page, `${what} ${width}`);
  }
  await page.setViewportSize(before);
}

describe("objects", () => {
  let server;
  let browser;
  let anna;
  let sara;
  let key;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" });
    browser = await launch();
    anna = await inside(browser, server, "anna", { org: 3, admin: true });
    sara = await inside(browser, server, "sara", { staff: true });
    const make = (org) => server.json("key", "create", "--org", String(org), "--name", "maker", "--email", "noc@people.example", "--grant", `org.${org}=crud`).key;
    key = { carrier: make(2), net: make(3) };
    await known(server, key.carrier);
    await known(server, key.net);
    // In the demo, the carrier is listed at the first facility and pending at the second.
    const { json } = await api(server, key.carrier, "GET", `/api/carrierfac?carrier_id=${CARRIER}&fac_id=${OWNED}`);
    const deleted = await api(server, key.carrier, "DELETE", `/api/carrierfac/${json.data[0].id}`);
    assert.equal(deleted.status, 204, JSON.stringify(deleted.json));
    const made = await api(server, key.carrier, "POST", "/api/carrierfac", { carrier_id: CARRIER, fac_id: OWNED });
    assert.equal(made.status, 201, JSON.stringify(made.json));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  const listed = async (fac) => (await api(server, null, "GET", `/api/carrierfac?carrier_id=${CARRIER}&fac_id=${fac}`)).json.data.length;

  test("the facility's admin approves a pending carrier", async () => {
    const { page } = anna;
    await open(page, "/org/3/manage/people");
    const section = page.locator("section[aria-labelledby=presences]");
    await section.getByRole("row").filter({ hasText: "Nordhaf Waves" }).filter({ hasText: "Centrum Danych Wisła" }).waitFor();
    await lookedAt(page, "presences");
    await section.locator("summary").click();
    await lookedAt(page, "presences, to be rejected");
    await section.getByRole("button", { name: /^Approve/ }).click();
    await page.locator(".notice.done").waitFor();
    assert.equal(await section.count(), 0);
    assert.equal(await listed(OWNED), 1);
  });

  test("if the facility's organization has no admin, staff decide, in their language", async () => {
    const { page, context } = sara;
    const card = page.locator("section").filter({ has: page.getByRole("heading", { level: 2 }).filter({ hasText: "Nordhaf Waves – Savanna Hub Westlands" }) });
    await context.addCookies([{ name: "language", value: "de", url: server.origin }]);
    await open(page, "/staff");
    await card.getByText("Savanna Internet Hub").waitFor();
    await card.getByText("Carrier im Rechenzentrum").first().waitFor();
    await lookedAt(page, "staff queue, German");
    await card.getByRole("link").click();
    await page.waitForURL(/\/staff\/look/);
    await lookedAt(page, "staff look, German");
    await context.clearCookies({ name: "language" });
    await open(page, "/staff");
    await lookedAt(page, "staff queue");
    await card.getByRole("button", { name: /^Approve/ }).click();
    await page.locator(".notice.done").waitFor();
    assert.equal(await card.count(), 0);
    assert.equal(await listed(UNOWNED), 1);
  });

  test("a logo is a picture in the browser and cannot run as a script", async () => {
    const { json } = await api(server, key.net, "GET", "/api/net?org_id=3");
    const net = json.data[0].id;
    const sent = await api(server, key.net, "POST", `/api/asset/net/${net}/logo`, { file_type: "image/png", file_data: PIXEL });
    assert.equal(sent.status, 201, JSON.stringify(sent.json));
    const shown = (await api(server, null, "GET", `/api/net/${net}`)).json.data[0];
    const address = new URL(shown.logo, server.origin);
    const { page, context } = anna;
    const answer = await context.request.get(address.pathname);
    const headers = answer.headers();
    assert.deepEqual([answer.status(), headers["content-type"], headers["x-content-type-options"]], [200, "image/png", "nosniff"]);
    assert.match(headers["content-security-policy"], /default-src 'none'/);
    await open(page, "/");
    const width = await page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return image.naturalWidth;
    }, address.pathname);
    assert.equal(width, 1);
  });
});

// A registry with content on every page: logged-in people of each kind, and everything that they created.

import { api, known } from "./api.js";
import { authenticator, open, visitor } from "./browser.js";
import { addAddress, addApp, enter, inside, person } from "./people.js";
import { Server } from "./server.js";

/** Settings that allow one address as much as a whole test needs. */
export const UNBOUNDED = Object.fromEntries(
  ["MAILS", "PASSWORDS", "WRITES"].map((what) => [`PEERAGE_${what}_PER_MINUTE`, "0"]).concat([["PEERAGE_WRITES_PER_MINUTE_PER_ORG", "0"], ["PEERAGE_SUGGESTION_ORG", "9"]]),
);

/** The kinds of visitors. */
export const VISITORS = ["stranger", "half", "newcomer", "person", "member", "admin", "staff"];

/** The organization whose pages are checked, and one without members. */
export const ORG = 3;
const UNOWNED = 7;
/** AS numbers of two networks. */
const ASNS = [63500, 63501];

/** A new object for the API that needs approval by staff. */
const FACILITY = { org_id: ORG, name: "Hala Główna", website: "https://hala.obt.example", address1: "Prosta 1", city: "Warszawa", zipcode: "00-838", country: "PL" };

/** Requests a mail with a link on a page that takes an address. Returns the link. */
async function mailedLink(server, page, target, label, address, words) {
  await open(page, target);
  await page.getByLabel(label).fill(address);
  await page.getByRole("button", { name: "Send e-mail" }).click();
  return Server.link(await server.mailTo(address, new RegExp(words)), words);
}

async function prove(page, link) {
  await open(page, link);
  await page.getByRole("button", { name: "Confirm recovery" }).click();
  await page.locator(".notice").waitFor();
}

export class World {
  /** `organizations`: replacements for the two organizations above, if the registry is not the demo. */
  static async make(server, browser, { org = ORG, unowned = UNOWNED, asns = ASNS } = {}) {
    const world = new World();
    Object.assign(world, { server, browser, org, unowned, asns, pages: {}, links: {} });
    for (const kind of ["net", "ix"]) {
      const answer = await fetch(`http://127.0.0.1:${new URL(server.origin).port}/api/${kind}?org_id=${org}&limit=1`);
      world[kind] = (await answer.json()).data[0]?.id;
    }
    await world.#recoveries();
    await world.#organization();
    await world.#accounts();
    await world.#staff();
    return world;
  }

  /** Three recoveries: one that can be finished, one that can be stopped, one that has just started. */
  async #recoveries() {
    const { server, browser } = this;
    const { page } = await visitor(browser, server);
    this.pages.stranger = page;
    const ask = async (name) => mailedLink(server, page, "/account/recover/", "User name or e-mail address", `${name}@people.example`, "/recover/address");
    const asked = async (name) => {
      const { context, page: own } = await inside(browser, server, name, { org: 2 });
      await addAddress(own, server, `${name}@home.example`);
      await context.close();
      const first = await ask(name);
      await prove(page, first);
      const second = Server.link(await server.mailTo(`${name}@home.example`, /recover\/address/), "/recover/address");
      await prove(page, second);
    };
    if (server.clock) {
      await asked("rita");
      server.forward(73);
      this.links.finish = Server.link(await server.mailTo("rita@people.example", /recover\/finish/), "/recover/finish");
    }
    await asked("ruth");
    this.links.stop = Server.link(await server.mailTo("ruth@people.example", /recover\/stop/), "/recover/stop");
    const { context } = await inside(browser, server, "rosa", { org: 2 });
    await context.close();
    this.links.address = await ask("rosa");
  }

  /** An organization with admins and members, invitations, requests, role accounts, permissions, keys in each state, an application. */
  async #organization() {
    const { server, browser, org } = this;
    const admin = await inside(browser, server, "anna", { org, admin: true, first: "Anna", last: "Kowalska" });
    const member = await inside(browser, server, "mia", { org, first: "Mia", last: "Nowak" });
    Object.assign(this.pages, { admin: admin.page, member: member.page });
    Object.assign(this, { admin, member });
    this.numbers = Object.fromEntries(server.json("user", "list").map((user) => [user.username, user.id]));
    server.run("grant", "give", "mia", "net=cru", "--org", String(org));
    const role = server.json("role", "create", "--org", String(org), "--kind", "noc", "--name", "Network operations", "--email", "noc@people.example", "--person", "mia", "--person", "anna");
    this.role = role.id;
    const key = (name, ...more) => server.json("key", "create", "--org", String(org), "--name", name, "--email", "noc@people.example", ...more);
    this.key = key("Router configuration", "--grant", `org.${org}=crud`, "--expires", "+90d", "--network", "192.0.2.0/24", "--network", "127.0.0.0/8", "--note", "Made for the routers in Warszawa; ask Anna before it is changed.");
    for (const [name, verb] of [["Old exporter", "revoke"], ["Looking glass", "suspend"]]) server.run("key", verb, key(name).id);
    await open(admin.page, `/org/${org}/manage`);
    const invite = admin.page.locator("#form-invite-");
    for (const [name, rank] of [["paula", "member"], ["somebody.with.a.long.name", "admin"]]) {
      await invite.getByLabel("E-mail address").fill(`${name}@people.example`);
      await invite.getByLabel(rank, { exact: true }).check();
      await invite.getByRole("button", { name: "Send invitation" }).click();
      await admin.page.getByText("Invitation sent.").waitFor();
    }
    await open(admin.page, `/edit/net/${this.net}`);
    await admin.page.getByLabel("Also known as").first().fill("OBT");
    await admin.page.getByRole("button", { name: "Check changes" }).click();
    await admin.page.getByRole("button", { name: "Save changes" }).click();
    await admin.page.getByRole("heading", { level: 1 }).waitFor();
    await open(admin.page, `/net/${this.net}/history`);
    this.links.undo = await admin.page.locator("a[href^='/undo/']").first().getAttribute("href");
    this.links.invitation = Server.link(await server.mailTo("paula@people.example", /\/invitation\//), "/invitation/");
    await open(admin.page, "/oauth2/applications/register/");
    await admin.page.getByLabel("Name").fill("Peering portal");
    await admin.page.getByLabel(/^Redirect URIs/).fill("https://portal.example/back");
    await admin.page.getByRole("button", { name: "Register" }).click();
    this.client = (await admin.page.locator("dd code").first().innerText()).trim();
    await open(admin.page, this.consent());
    admin.context.allowed.add("https://portal.example");
    await admin.page.getByLabel("All, including future networks").check();
    // The site has no address.
    const back = admin.page.waitForEvent("requestfailed", (request) => request.url().startsWith("https://portal.example/"));
    await admin.page.getByRole("button", { name: "Allow", exact: true }).click();
    await back;
  }

  /** The address of a site's authorization request. */
  consent(more = {}) {
    const question = { response_type: "code", client_id: this.client, redirect_uri: "https://portal.example/back", scope: "openid profile email networks", state: "s", nonce: "n", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", ...more };
    return `/oauth2/authorize/?${new URLSearchParams(question)}`;
  }

  /** Accounts in each state, and mailed links. */
  async #accounts() {
    const { server, browser, org } = this;
    person(server, "newton", { org });
    const newcomer = await visitor(browser, server);
    await enter(newcomer.page, "newton");
    person(server, "paula", { first: "Paula", last: "Nowakowska-Wiśniewska" });
    const own = await visitor(browser, server);
    await enter(own.page, "paula");
    await addApp(own.page, { now: server.now, name: "Phone" });
    await authenticator(own.page, "passkey");
    await open(own.page, "/account/two_factor/");
    await own.page.getByLabel("Name").last().fill("Laptop");
    await own.page.getByRole("button", { name: "Add key" }).click();
    await own.page.getByRole("rowheader", { name: "Laptop" }).waitFor();
    await open(own.page, "/profile");
    await own.page.getByLabel("New address").fill("paula.nowakowska-wisniewska@a-rather-long-domain.example");
    await own.page.getByRole("button", { name: "Add address" }).click();
    await own.page.getByText("We've sent an e-mail").waitFor();
    this.ownKey = server.json("key", "create", "--user", "paula", "--name", "My laptop", "--expires", "+30d");
    for (const target of [{ org: String(org) }, { org: String(this.unowned) }, { org: "Nowa Sieć Sp. z o.o." }]) {
      await open(own.page, "/affiliate");
      await own.page.getByLabel("Organization").fill(target.org);
      await own.page.getByRole("button", { name: "Send request" }).click();
      await own.page.locator(".notice").first().waitFor();
    }
    person(server, "hanna", { org });
    const half = await visitor(browser, server);
    await enter(half.page, "hanna");
    await addApp(half.page, { now: server.now });
    await half.context.clearCookies();
    await enter(half.page, "hanna");
    Object.assign(this.pages, { newcomer: newcomer.page, person: own.page, half: half.page });

    const { stranger } = this.pages;
    await open(stranger, "/register");
    await stranger.getByLabel("E-mail address").fill("rebecca@people.example");
    await stranger.getByLabel("User name").fill("rebecca");
    for (const label of ["Password", "Repeat password"]) await stranger.getByLabel(label, { exact: true }).fill("seven quiet rivers 1842");
    await stranger.getByRole("button", { name: "Create account" }).click();
    this.links.confirm = Server.link(await server.mailTo("rebecca@people.example", /confirm-email/), "/confirm-email/");
    this.links.reset = await mailedLink(server, stranger, "/reset-password", "Account e-mail address", "paula@people.example", "/reset-password");
    this.links.names = await mailedLink(server, stranger, "/username-retrieve", "Account e-mail address", "paula@people.example", "/username-retrieve/complete");
  }

  /** Staff with a queue, and keys with usage. */
  async #staff() {
    const { server, browser } = this;
    const staff = await inside(browser, server, "sara", { staff: true, first: "Sara", last: "Staff" });
    this.pages.staff = staff.page;
    person(server, "barred");
    server.run("user", "change", "barred", "--active", "false");
    await known(server, this.key.key);
    this.waiting = await this.facility(FACILITY.name);
  }

  /** Sends a request to join the organization. Once an admin has decided, the request is gone. */
  async request() {
    const { person: page } = this.pages;
    await open(page, "/affiliate");
    await page.getByLabel("Organization").fill(String(this.org));
    await page.getByRole("button", { name: "Send request" }).click();
    await page.locator(".notice").first().waitFor();
  }

  /** Creates a facility that needs approval by staff. Returns its ID. */
  async facility(name) {
    const made = await api(this.server, this.key.key, "POST", "/api/fac", { ...FACILITY, name, org_id: this.org });
    if (made.status !== 201) throw new Error(`a pending facility: ${made.status} ${JSON.stringify(made.json)}`);
    return made.json.data?.[0]?.id ?? made.json.id;
  }
}

// People for the tests: created by the operator, logged in on the pages.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { open, visitor } from "./browser.js";
import { Server, followed } from "./server.js";
import { totp } from "./totp.js";

export const PASSWORD = "seven quiet rivers 1842";

/** Creates an account with the operator's command. `org`: its organization; `admin`: whether it is an admin there. */
export function person(server, name, { org, admin = false, staff = false, first, last } = {}) {
  const names = [...(first ? ["--first-name", first] : []), ...(last ? ["--last-name", last] : [])];
  server.run("user", "create", "--username", name, "--email", `${name}@people.example`, ...names, ...(staff ? ["--staff"] : []));
  server.runWith(`${PASSWORD}\n`, "user", "password", name);
  if (org) server.run("org", "add", name, "--org", String(org), "--without-consent", ...(admin ? ["--admin"] : []));
  return { name, email: `${name}@people.example` };
}

/** Presses a form's button, and waits for the next page. */
async function pressed(page, name) {
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name, exact: true }).click()]);
}

/** The first step: name and password. */
export async function enter(page, name, password = PASSWORD) {
  await followed();
  if (new URL(page.url(), "http://x").pathname !== "/account/login/") await open(page, "/account/login/");
  await page.getByLabel("User name or e-mail address").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await pressed(page, "Log in");
}

export const path = (page) => new URL(page.url()).pathname;

/**
 * Adds an app on the pages. Returns its secret, the backup codes if it is the first factor, and the code that was used.
 * `steps`: how many codes ahead; `now`: the server's time, if that was moved.
 */
export async function addApp(page, { steps = 0, now = Date.now(), name } = {}) {
  await open(page, "/account/two_factor/setup/");
  assert.equal(path(page), "/account/two_factor/setup/", "who is not logged in is redirected");
  const secret = await page.locator("#setup-secret").innerText();
  if (name) await page.getByLabel("Name").fill(name);
  const code = totp(secret, steps, now);
  await page.getByLabel("Six-digit code").fill(code);
  await pressed(page, "Add app");
  const shown = page.locator(".secret pre");
  const codes = (await shown.count()) ? (await shown.innerText()).split(/\s+/).filter(Boolean) : [];
  return { secret, codes, code };
}

/** Enters the code of an app. Each code works once: `steps` selects one that was not used. */
export async function showCode(page, secret, { steps = 1, now = Date.now() } = {}) {
  await page.getByLabel("Six-digit code").fill(totp(secret, steps, now));
  await pressed(page, "Verify");
}

/** After one or two wrong attempts, the next one is checked a second later (spec/accounts.md, 21). */
export const lockPassed = () => pause(1_050);

/** Enters a backup code as the second step. */
export async function showBackup(page, code) {
  await page.getByRole("textbox", { name: "Backup code" }).fill(code);
  await pressed(page, "Use backup code");
}

/** Adds and confirms another address of an account, on the pages. */
export async function addAddress(page, server, address) {
  await open(page, "/profile");
  await page.getByLabel("New address").fill(address);
  await page.getByRole("button", { name: "Add address" }).click();
  await page.getByText("We've sent an e-mail").waitFor();
  await open(page, Server.link(await server.mailTo(address, /confirm-email/), "confirm-email"));
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Address confirmed.").waitFor();
}

export async function leave(page) {
  await page.locator("details.account > summary").click();
  await page.locator("details.account").getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: "Log in" }).waitFor();
}

/** Makes a logged-in person with an app, in a separate browser. */
export async function inside(browser, server, name, more = {}) {
  return { ...person(server, name, more), ...(await insideAgain(browser, server, name, more)) };
}

/** Does the same for an existing account. */
export async function insideAgain(browser, server, name, more = {}) {
  const { context, page, faults } = await visitor(browser, server, more.options);
  await enter(page, name);
  const { secret, codes } = await addApp(page, { now: server.now });
  assert.ok(codes.length >= 8, `${name} gets backup codes`);
  return { context, page, faults, secret, codes };
}

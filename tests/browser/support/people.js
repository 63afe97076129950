// People as the pages know them: made by the operator, logged in through the pages.

import assert from "node:assert/strict";

import { open, visitor } from "./browser.js";
import { totp } from "./totp.js";

export const PASSWORD = "seven quiet rivers 1842";

/** Makes an account by the operator's command. `org`: whose member it is; `admin`: one who sees to it. */
export function person(server, name, { org, admin = false, staff = false } = {}) {
  server.run("user", "create", "--username", name, "--email", `${name}@people.example`, ...(staff ? ["--staff"] : []));
  server.runWith(`${PASSWORD}\n`, "user", "password", name);
  if (org) server.run("org", "add", name, "--org", String(org), ...(admin ? ["--admin"] : []));
  return { name, email: `${name}@people.example` };
}

/** The first step: name and password. */
export async function enter(page, name, password = PASSWORD) {
  if (new URL(page.url(), "http://x").pathname !== "/account/login/") await open(page, "/account/login/");
  await page.getByLabel("User name or e-mail address").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

export const path = (page) => new URL(page.url()).pathname;

/** Adds an app in the pages; gives its secret and the backup codes, if these were the first. */
export async function addApp(page, steps = 0) {
  await open(page, "/account/two_factor/setup/");
  const secret = await page.locator("#setup-secret").innerText();
  await page.getByLabel("Code that the app shows now").fill(totp(secret, steps));
  await page.getByRole("button", { name: "Add the app" }).click();
  const shown = page.locator(".secret pre");
  const codes = (await shown.count()) ? (await shown.innerText()).split(/\s+/).filter(Boolean) : [];
  return { secret, codes };
}

export async function leave(page) {
  await page.locator("details.menu > summary").click();
  await page.locator("details.menu").getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: "Log in" }).waitFor();
}

/** Somebody with an app, logged in, in a browser of their own. */
export async function inside(browser, server, name, more = {}) {
  const made = person(server, name, more);
  const { context, page, faults } = await visitor(browser, server, more.options);
  await enter(page, name);
  const { secret, codes } = await addApp(page);
  assert.ok(codes.length >= 8, `${name} gets backup codes`);
  return { ...made, context, page, faults, secret, codes };
}

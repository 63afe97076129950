// Regenerates the pictures in docs/pictures: few, small, of a registry with content on every page.
//
//     PEERAGE_PICTURES=../../docs/pictures node pictures.js

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { launch, open, visitor } from "./support/browser.js";
import { enter, person } from "./support/people.js";
import { Server } from "./support/server.js";
import { totp } from "./support/totp.js";
import { World } from "./support/world.js";

/** The maximum number of bytes of a picture. */
const BYTES_MAX = 120_000;

const folder = process.env.PEERAGE_PICTURES;
if (!folder) throw new Error("set PEERAGE_PICTURES to the folder for the pictures");
fs.mkdirSync(folder, { recursive: true });

const WIDE = { width: 1120, height: 700 };
const PHONE = { width: 390, height: 844 };

async function keep(page, name, { viewport = WIDE, colorScheme = "light" } = {}) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file });
  // A page has fewer than two hundred colours. If the tool is installed, a palette saves two thirds of the bytes.
  try {
    execFileSync("pngquant", ["--force", "--skip-if-larger", "--strip", "--output", file, "200", file], { stdio: "ignore" });
  } catch {
    // Without the tool, keep the picture unchanged.
  }
  const { size } = fs.statSync(file);
  console.log(`${name}: ${size.toLocaleString("en")} bytes`);
  if (size > BYTES_MAX) throw new Error(`${file} is too large`);
}

const server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" });
const browser = await launch();
try {
  const world = await World.make(server, browser);
  const { stranger, admin, member, staff } = world.pages;
  await open(stranger, "/account/login/");
  await keep(stranger, "log-in", { viewport: { width: 1120, height: 600 } });

  person(server, "ada", { org: world.org, first: "Ada", last: "Lovelace" });
  const { page } = await visitor(browser, server);
  await enter(page, "ada");
  await open(page, "/account/two_factor/setup/");
  await page.getByLabel("Six-digit code").fill(totp(await page.locator("#setup-secret").innerText()));
  await page.getByRole("button", { name: "Add app" }).click();
  await page.locator(".secret pre").waitFor();
  await keep(page, "backup-codes", { viewport: { width: 1120, height: 640 } });

  await open(world.pages.person, "/account/two_factor/");
  await keep(world.pages.person, "security", { viewport: PHONE });
  await open(admin, `/org/${world.org}/manage`);
  await keep(admin, "people", { viewport: { width: 1120, height: 760 } });
  await open(admin, `/org/${world.org}/manage/rights?of=user.${world.numbers.mia}`);
  await admin.setViewportSize(WIDE);
  const matrix = await admin.locator(".matrix").first().boundingBox();
  await keep(admin, "rights", { viewport: { width: 1120, height: Math.ceil(matrix.y + matrix.height + 90) } });
  await open(admin, `/org/${world.org}/manage/keys`);
  const form = admin.locator("#form-make-");
  await form.getByLabel("Name").fill("Port sync");
  await form.getByLabel("Contact").fill("noc@people.example");
  await form.getByRole("button", { name: "Create key" }).click();
  await admin.locator("#made-key").waitFor();
  await keep(admin, "key-made", { viewport: { width: 1120, height: 520 }, colorScheme: "dark" });
  await open(staff, "/staff");
  await keep(staff, "staff-queue", { viewport: { width: 1120, height: 760 } });
  await open(member, world.consent());
  await keep(member, "consent", { viewport: { width: 1120, height: 640 } });
} finally {
  await browser.close();
  await server.stop();
}

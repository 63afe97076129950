// A real browser: pages in each form, their errors, accessibility, security keys.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** WCAG 2.2 up to AA, and axe's best practices. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** Rules whose outcome depends on colours. The others need no second run on the same page in dark. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** The forms in which each page is checked. */
export const FORMS = [
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
  { name: "wide-light", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "wide-dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
];

/** Chromium without windows takes half the processor time of the whole one. */
const BROWSERS = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

export function launch() {
  const executablePath = [process.env.PEERAGE_CHROMIUM ?? BROWSERS].flat().find((file) => fs.existsSync(file));
  if (!executablePath) {
    throw new Error("Chromium is missing: install chromium-headless-shell or chromium, or set PEERAGE_CHROMIUM to its path");
  }
  const args = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    // Sites of tests do not exist, whatever the resolver says.
    "--host-resolver-rules=MAP localhost 127.0.0.1, MAP *.example ~NOTFOUND",
  ];
  return chromium.launch({ executablePath, args });
}

/** Faults of all browsers that no test has checked yet. */
const unseen = new Set();

/** For `afterEach`: fails a test whose pages had faults. */
export function noFaults() {
  const faults = [...unseen].flatMap((context) => context.faults.splice(0));
  assert.deepEqual(faults, []);
}

/** Reports in the console what a page must never do, so that it is recorded: policy violations, texts that run. */
function tellTales() {
  addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  for (const name of ["alert", "prompt"]) window[name] = () => console.error(`ran: ${name}`);
}

/**
 * Makes a separate browser without cookies or stored data. It records in `faults` what goes wrong: script errors, policy
 * violations, texts that ran, requests to other hosts, unexpected error answers.
 */
export async function visitor(browser, server, options = {}) {
  const context = await browser.newContext({ baseURL: server.origin, locale: "en-GB", viewport: FORMS[2].viewport, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(15_000);
  context.faults = [];
  unseen.add(context);
  context.on("close", () => context.faults.length || unseen.delete(context));
  await context.addInitScript(tellTales);
  context.allowed = new Set();
  context.on("page", (page) => watch(context, page, server));
  const page = await context.newPage();
  return { context, page, faults: context.faults };
}

function watch(context, page, server) {
  const note = (fault) => context.faults.push(`${page.url()}: ${fault}`);
  page.on("pageerror", (error) => note(`script: ${error.message}`));
  page.on("console", (message) => {
    // Many tests expect an answer of 4xx to the page itself, which the browser reports as a console error.
    if (message.type() === "error" && !/the server responded with a status of 4\d\d/.test(message.text())) note(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== server.origin && !context.allowed.has(url.origin)) note(`asked ${url.origin}`);
  });
}

/** Requests a path, expects a status, and returns the answer. */
export async function open(page, target, status = 200) {
  const answer = await page.goto(target);
  assert.equal(answer.status(), status, `${target}: ${answer.status()}`);
  return answer;
}

const debuggers = new WeakMap();

/** The page's only debugger session: closing a second one would remove the page's security keys. */
async function debuggerOf(page) {
  if (!debuggers.has(page)) debuggers.set(page, await page.context().newCDPSession(page));
  return debuggers.get(page);
}

/** Fails on what axe finds in the page as it is. `runOnly`: tags or names of rules. */
export async function accessible(page, what = page.url(), runOnly = RULES) {
  // With the debugger, because the content policy allows no other script. Once per page: loading it takes as long as a run.
  const session = await debuggerOf(page);
  const { result: kept } = await evaluate(session, "typeof axe");
  if (kept.value === "undefined") await evaluate(session, `${axeSource}; undefined`);
  const options = JSON.stringify({ runOnly, resultTypes: ["violations"] });
  const { result } = await evaluate(session, `axe.run(document, ${options}).then((found) => JSON.stringify(found.violations))`);
  const faults = JSON.parse(result.value).map(
    (rule) => `${rule.id} (${rule.impact}): ${rule.help}\n` + rule.nodes.map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary.replaceAll("\n", " ")}`).join("\n"),
  );
  assert.equal(faults.length, 0, `${what}:\n${faults.join("\n")}`);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width[0] <= width[1], `${what} is ${width[0]} wide in a window of ${width[1]}`);
}

async function evaluate(session, expression) {
  const answer = await session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
  return answer;
}

/**
 * Checks the current page in all forms: phone and wide, light and dark. For pages behind a login: the page stays, its
 * window and colours change.
 */
export async function accessibleInAllForms(page, what = page.url()) {
  const before = page.viewportSize();
  for (const form of FORMS) {
    await page.setViewportSize(form.viewport);
    await page.emulateMedia({ colorScheme: form.colorScheme });
    await accessible(page, `${what} (${form.name})`, form.colorScheme === "dark" ? COLOUR_RULES : RULES);
    await picture(page, `${what} ${form.name}`);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}

/** Saves a picture of the whole page in the folder PEERAGE_PICTURES, if that is set. */
export async function picture(page, name) {
  const folder = process.env.PEERAGE_PICTURES;
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  const file = name.replace(/https?:\/\/[^/]+/, "").replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "") || "page";
  await page.screenshot({ path: path.join(folder, `${file}.png`), fullPage: true });
}

/**
 * Gives the page's browser a security key that answers at once. `kind`: "passkey" (in the device, verifies the user),
 * "key" (a second factor that is only touched), or "u2f".
 */
export async function authenticator(page, kind = "passkey") {
  const session = await debuggerOf(page);
  await session.send("WebAuthn.enable", { enableUI: false });
  const isPasskey = kind === "passkey";
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: kind === "u2f" ? "u2f" : "ctap2",
      transport: isPasskey ? "internal" : "usb",
      hasResidentKey: isPasskey,
      hasUserVerification: isPasskey,
      isUserVerified: isPasskey,
      automaticPresenceSimulation: true,
    },
  });
  const options = { authenticatorId };
  return {
    credentials: async () => (await session.send("WebAuthn.getCredentials", options)).credentials,
    /** Whether the user touches the key. */
    touch: (enabled) => session.send("WebAuthn.setAutomaticPresenceSimulation", { ...options, enabled }),
    /** Whether the device verifies the user, by fingerprint or PIN. */
    verify: (isUserVerified) => session.send("WebAuthn.setUserVerified", { ...options, isUserVerified }),
    /** Adds a credential, as if it had been copied. */
    put: (credential) => session.send("WebAuthn.addCredential", { ...options, credential }),
    remove: () => session.send("WebAuthn.removeVirtualAuthenticator", options),
  };
}

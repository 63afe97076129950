// Every page, for every kind of visitor: accessible, small, and with a strict policy.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { accessibleInAllForms, launch, noFaults } from "./support/browser.js";
import { NO_PAGES, PAGES, isNoPage } from "./support/pages.js";
import { Server } from "./support/server.js";
import { UNBOUNDED, World } from "./support/world.js";

/** Bytes of a page with its style and scripts, uncompressed. About a fifth of them is sent. */
const BYTES_MAX = 160_000;

/** Paths that answer a GET. docs/endpoints.md is generated from the program's tables, and a test compares them. */
function routes() {
  const source = fs.readFileSync(path.resolve(import.meta.dirname, "../../docs/endpoints.md"), "utf8");
  const paths = [...source.matchAll(/^\| GET `([^`]+)` \|/gm)].map((found) => found[1]);
  assert.ok(paths.length > 100, `${paths.length} paths were read`);
  return paths;
}

test("the table has every page that the program serves", () => {
  const known = new Set(PAGES.map((page) => page.route));
  // With a slash at the end, most addresses show the same page.
  const isKnown = (route) => known.has(route) || known.has(route.replace(/\/$/, "")) || known.has(`${route}/`);
  assert.deepEqual(routes().filter((route) => !isKnown(route) && !isNoPage(route)), []);
  const served = new Set(routes());
  assert.deepEqual([...known].filter((route) => !served.has(route)), ["/{nothing}"]);
  for (const one of NO_PAGES) assert.ok(routes().some((route) => route.startsWith(one)), `${one} is a route`);
});

describe("every page", () => {
  let server;
  let browser;
  let world;

  before(async () => {
    server = await Server.start(UNBOUNDED, { hasClock: true });
    browser = await launch();
    world = await World.make(server, browser);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  /** Files that pages load, by address, because browsers cache them. */
  const files = new Map();

  async function weigh(page, answer) {
    const loaded = await page.evaluate(() => [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.href || one.src));
    let bytes = (await answer.body()).length;
    for (const file of new Set(loaded)) {
      if (!files.has(file)) files.set(file, (await (await fetch(file)).arrayBuffer()).byteLength);
      bytes += files.get(file);
    }
    return bytes;
  }

  for (const { name, who, target, status } of PAGES) {
    for (const kind of who) {
      test(`${name}, as ${kind} sees it`, async () => {
        const page = world.pages[kind];
        const asked = target(world);
        const answer = await page.goto(asked);
        assert.equal(answer.status(), status, asked);
        assert.equal(page.url(), new URL(asked, server.origin).href, "the page is shown at its own address");
        const bytes = await weigh(page, answer);
        assert.ok(bytes > 5_000 && bytes < BYTES_MAX, `${bytes} bytes`);
        const headers = answer.headers();
        for (const part of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]) {
          assert.ok(headers["content-security-policy"]?.includes(part), headers["content-security-policy"]);
        }
        assert.ok(!/unsafe|\*/.test(headers["content-security-policy"]));
        assert.equal(headers["x-content-type-options"], "nosniff");
        if (kind !== "stranger") assert.match(headers["cache-control"], /no-store/);
        const own = await page.evaluate(() => ({
          code: document.querySelectorAll("script:not([src], [type='application/ld+json']), style, [style]").length,
          handlers: [...document.querySelectorAll("*")].flatMap((one) => one.getAttributeNames()).filter((attribute) => attribute.startsWith("on")),
          titles: document.querySelectorAll("h1").length,
        }));
        assert.deepEqual(own, { code: 0, handlers: [], titles: 1 });
        await accessibleInAllForms(page, `${name} (${kind})`);
      });
    }
  }

  test("visitors without permission do not see a page", async () => {
    const secret = PAGES.filter(({ who, route }) => !who.includes("stranger") && !who.includes("half") && !route.startsWith("/invitation") && !route.startsWith("/oauth2/logout"));
    for (const { name, target, status } of secret.filter((page) => page.status === 200)) {
      await world.pages.stranger.goto(target(world));
      assert.equal(new URL(world.pages.stranger.url()).pathname, "/account/login/", `${name} (${status})`);
    }
    for (const { name, target } of PAGES.filter(({ who }) => who.length === 1 && (who[0] === "admin" || who[0] === "staff"))) {
      const answer = await world.pages.person.goto(target(world));
      if (/^\/(org|staff)\b/.test(target(world))) assert.equal(answer.status(), 404, name);
    }
  });
});

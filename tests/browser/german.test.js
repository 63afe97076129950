// Pages in German: none of our sentences is English, no placeholder is left unfilled, and nothing that has a name is
// shown by its ID. Mails are checked in the same way, except that they are in English.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { launch, noFaults } from "./support/browser.js";
import { PAGES } from "./support/pages.js";
import { Server } from "./support/server.js";
import { UNBOUNDED, World } from "./support/world.js";

/** Words that English sentences have and German ones do not. */
const ENGLISH = /(?<![\p{L}\d_./@-])(the|and|of|to|with|your|you|this|that|these|is|are|has|have|must|which|please|only|its|it|be|been|from|for|or|by|until|nobody|somebody|never|needs|created|changed|deleted|expires|role of|logged in|added)(?![\p{L}\d_/@-])/giu;

/** Texts that people wrote are the same in every language. */
const WRITTEN = [
  "Ministry of Islands", "nobody",
  "Made for the routers in Warszawa; ask Anna before it is changed.", "Network operations", "Router configuration", "Looking glass", "Old exporter", "Peering portal", "My laptop", "somebody.with.a.long.name", "somebody",
];

/** Documentation of the API is English. */
const IN_ENGLISH = ["docs", "guide", "guide, tables"];

/** Returns everything that a reader sees or hears of a page, except code and data. */
const words = (page) => page.evaluate(() => {
  const copy = document.body.cloneNode(true);
  for (const one of copy.querySelectorAll("code, pre, .code, textarea, script, [translate=no], [lang]:not([lang=de])")) one.remove();
  const named = [...copy.querySelectorAll("[aria-label], [title], [placeholder], [data-ask], [data-label]")]
    .flatMap((one) => ["aria-label", "title", "placeholder", "data-ask", "data-label"].map((name) => one.getAttribute(name)));
  const texts = [];
  const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) texts.push(walk.currentNode.textContent);
  return [document.title, ...texts, ...named].filter((text) => text?.trim());
});

describe("pages in German", () => {
  let server;
  let browser;
  let world;

  before(async () => {
    server = await Server.start(UNBOUNDED, { hasClock: true });
    browser = await launch();
    world = await World.make(server, browser);
    // Names of countries are English in every language, as in the API.
    const countries = await (await fetch(`${server.origin}/data/countries`)).json();
    WRITTEN.push(...countries.countries.map(({ name }) => name).sort((one, other) => other.length - one.length));
    for (const page of Object.values(world.pages)) await page.context().addCookies([{ name: "language", value: "de", url: server.origin }]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  for (const { name, who, target } of PAGES.filter((page) => !IN_ENGLISH.includes(page.name))) {
    for (const kind of who) {
      test(`i12_06 i12_14 ${name}, as ${kind} reads it`, async () => {
        const page = world.pages[kind];
        await page.goto(target(world));
        const found = [];
        for (let text of await words(page)) {
          for (const written of WRITTEN) text = text.replaceAll(written, "");
          if (text.match(ENGLISH)) found.push(text.trim());
          assert.ok(!text.includes("{$") && !text.includes("{ $"), text);
          assert.ok(!/\b(application|client|user|key|role|policy|member|Anwendung|Konto|Schlüssel|Rolle|Regeln|Mitglied) \d+\b/i.test(text), text);
        }
        assert.deepEqual([...new Set(found)], []);
        assert.equal(await page.locator("html").getAttribute("lang"), "de");
      });
    }
  }

  test("i12_06 i12_14 mails leave no placeholder unfilled and show no catalogue key", () => {
    const mails = server.mails();
    assert.ok(mails.length > 20, `${mails.length} mails`);
    for (const { subject, text } of mails) {
      assert.ok(!/\{ ?\$|\{\w*\}/.test(`${subject}\n${text}`), text);
      assert.ok(!/pr[kolusc]_\w{12}_\w{20}/.test(text), text);
      assert.ok(!/curl .*-d /.test(text), text);
    }
  });
});

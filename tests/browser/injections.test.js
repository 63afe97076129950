// Texts that would run as scripts, in every text field of every form: they never do, there or where they are shown.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessible, launch, noFaults } from "./support/browser.js";
import { Unseen, foreign, formsOf, send } from "./support/forms.js";
import { COMBINED, INJECTIONS } from "./support/injections.js";
import { PAGES } from "./support/pages.js";
import { Server } from "./support/server.js";
import { UNBOUNDED, World } from "./support/world.js";

describe("injected texts", () => {
  let server;
  let browser;
  let world;
  let parser;

  before(async () => {
    server = await Server.start(UNBOUNDED, { hasClock: true });
    browser = await launch();
    world = await World.make(server, browser);
    parser = await browser.newPage();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  /** Sends a text with `how`. If the form is gone because an earlier text was accepted, makes and opens a new one. */
  async function sendAgain(how, open, { name, form, text }) {
    if (await how(form, text)) return;
    if (name === "staff queue") await world.facility(text.replace("\u202e", ""));
    if (form.action.endsWith("/people/deny")) await world.request();
    await open();
    assert.ok(await how(form, text), `${name}, ${form.key}: ${text}`);
  }

  test("no text in any field of any form runs as a script, there or where it is shown", async () => {
    const seen = new Set();
    const count = { unseen: 0, shown: 0, refused: 0 };
    for (const { name, who, target } of PAGES.filter((page) => page.status === 200 && !/^\/(delete|undo)\//.test(page.route))) {
      for (const kind of who) {
        const page = world.pages[kind];
        const open = () => page.goto(target(world));
        const show = async (form, text) => {
          const where = `${name} (${kind}), ${form.key}: ${text}`;
          await sendAgain((...what) => send(page, ...what), open, { name, form, text });
          count.shown += 1;
          assert.deepEqual(await foreign(page), [], where);
          noFaults();
          return where;
        };
        await open();
        for (const form of (await formsOf(page)).filter((one) => one.texts.length > 0 && !seen.has(one.key))) {
          seen.add(form.key);
          // All of them in the browser, which would run them.
          let isRefused = false;
          const check = async (text) => {
            const where = await show(form, text);
            if (isRefused || !(await page.locator("[aria-invalid=true]").count())) return;
            isRefused = true;
            count.refused += 1;
            await accessible(page, `${where}, refused`);
          };
          for (const text of COMBINED) await check(text);
          // Each separately, without showing the answers, except one whose refusal was not seen yet.
          const unseen = new Unseen(page, parser);
          const openUnseen = () => unseen.open(target(world));
          await openUnseen();
          let refused;
          for (const text of INJECTIONS) {
            await sendAgain((...what) => unseen.send(...what), openUnseen, { name, form, text });
            count.unseen += 1;
            assert.deepEqual(await unseen.foreign(), [], `${name} (${kind}), ${form.key}: ${text}`);
            if (await unseen.isRefused()) refused ??= text;
          }
          if (refused && !isRefused) {
            await open();
            await check(refused);
          }
        }
      }
    }
    assert.ok(seen.size > 25 && count.unseen > 500 && count.shown > 100 && count.refused > 20, `${seen.size} forms, ${JSON.stringify(count)}`);
    for (const { name, who, target } of PAGES) {
      for (const kind of who) {
        await world.pages[kind].goto(target(world));
        assert.deepEqual(await foreign(world.pages[kind]), [], `${name} (${kind}) afterwards`);
        noFaults();
      }
    }
    // Mails are plain text, and their headers only contain what the program writes.
    const mails = server.mails();
    assert.ok(mails.length > 30);
    for (const { headers } of mails) {
      assert.match(headers["content-type"], /^text\/plain/);
      assert.deepEqual(Object.keys(headers).filter((header) => /^(bcc|cc|x-injected)$/.test(header)), []);
    }
  });
});

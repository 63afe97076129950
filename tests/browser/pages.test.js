// Public pages: complete, small, accessible, and without resources from elsewhere.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessible, launch, noFaults, open, picture, visitor } from "./support/browser.js";
import { Server } from "./support/server.js";

const PAGES = [
  { name: "home", target: "/", status: 200, heading: "Interconnection registry" },
  { name: "docs", target: "/apidocs/", status: 200, heading: "API documentation" },
  { name: "missing", target: "/no/such/page", status: 404, heading: "Not found" },
];

describe("public pages", () => {
  let server;
  let browser;

  before(async () => {
    server = await Server.start();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  for (const { name, target, status, heading } of PAGES) {
    test(`${name} is the same without scripts`, async () => {
      const { context, page } = await visitor(browser, server, { javaScriptEnabled: false });
      await open(page, target, status);
      assert.equal(await page.locator("h1").innerText(), heading);
      assert.equal(await page.locator("button[hidden]:visible").count(), 0);
      assert.deepEqual(await context.cookies(), [], "an anonymous visitor gets no cookie");
      await context.close();
    });
  }

  test("theme and language can be chosen without scripts, and apply from the first paint", async () => {
    const { context, page } = await visitor(browser, server, { javaScriptEnabled: false, colorScheme: "light" });
    await open(page, "/apidocs/");
    await page.getByRole("button", { name: "Dark" }).click();
    assert.equal(new URL(page.url()).pathname, "/apidocs/");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    assert.equal(await page.getByRole("button", { name: "Dark" }).getAttribute("aria-pressed"), "true");
    await page.getByRole("button", { name: "Deutsch" }).click();
    assert.equal(await page.locator("html").getAttribute("lang"), "de");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    await open(page, "/");
    assert.equal(await page.locator("h1").innerText(), "Interconnection-Register");
    await context.close();
  });

  test("pages use the browser's language, and each theme is accessible in it", async () => {
    for (const theme of ["light", "dark", "contrast"]) {
      const { context, page, faults } = await visitor(browser, server, { locale: "de-AT" });
      await context.addCookies([{ name: "theme", value: theme, url: server.origin }]);
      const answer = await open(page, "/");
      assert.equal(answer.headers()["content-language"], "de");
      await accessible(page, `home (${theme})`);
      await picture(page, `home-${theme}`);
      assert.deepEqual(faults, []);
      await context.close();
    }
  });

  test("every text comes from a catalogue", async () => {
    const { context, page } = await visitor(browser, server);
    await context.addCookies([{ name: "language", value: "ar-XB", url: server.origin }]);
    for (const { name, target, status } of PAGES.filter((one) => one.name !== "docs")) {
      await open(page, target, status);
      assert.equal(await page.locator("html").getAttribute("dir"), "rtl");
      const bare = await page.evaluate(() => {
        const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        const found = [];
        while (walk.nextNode()) {
          const inside = walk.currentNode.parentElement;
          const text = walk.currentNode.textContent.trim();
          if (/[a-z]{3}/i.test(text) && !text.includes("⟦") && !inside.closest("code, pre, td, .quiet, [translate=no]")) found.push(text);
        }
        return found;
      });
      assert.deepEqual(bare, [], name);
      await accessible(page, `${name} (from right to left)`);
      await picture(page, `${name}-mirrored`);
    }
    await context.close();
  });

  test("everything can be reached with the keyboard, the skip link first", async () => {
    const { context, page } = await visitor(browser, server);
    await open(page, "/");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), "#main");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    const wanted = await page.locator("a[href]:visible, button:visible, summary:visible, input:visible").count();
    await page.evaluate(() => document.activeElement.blur());
    const seen = new Set();
    for (let presses = 0; presses < wanted + 5; presses += 1) {
      await page.keyboard.press("Tab");
      seen.add(await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120)));
      const outline = await page.evaluate(() => (document.activeElement === document.body ? "solid" : getComputedStyle(document.activeElement).outlineStyle));
      assert.equal(outline, "solid");
    }
    assert.ok(seen.size >= wanted - 2, `${seen.size} of ${wanted}`);
    await context.close();
  });

  test("text can be four times as large", async () => {
    // 1280 pixels at 400 % are 320 (WCAG 2.2, 1.4.10).
    const { context, page } = await visitor(browser, server, { viewport: { width: 320, height: 256 } });
    for (const { name, target, status } of PAGES) {
      await open(page, target, status);
      await accessible(page, `${name} (400 %)`);
    }
    await context.close();
  });

  test("the choice of a theme never redirects to another site", async () => {
    const target = `${server.origin}/look`;
    for (const back of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      const answer = await fetch(target, { method: "POST", redirect: "manual", body: new URLSearchParams({ back, theme: "dark" }) });
      assert.equal(answer.headers.get("location"), "/", back);
    }
    const foreign = await fetch(target, { method: "POST", redirect: "manual", headers: { origin: "https://evil.example" }, body: new URLSearchParams({ theme: "dark" }) });
    assert.equal(foreign.headers.get("set-cookie"), null);
  });
});

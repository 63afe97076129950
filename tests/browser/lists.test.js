// Advanced search and comparison: with and without scripts, on each screen.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { accessible, launch, noFaults, open, picture, visitor } from "./support/browser.js";
import { Server } from "./support/server.js";

/** Window sizes for the checks: a small phone, a laptop, a large screen. */
const WIDTHS = [[360, 740], [1280, 800], [2560, 1440]];

const LOOKED_AT = [
  "/advanced_search",
  "/advanced_search?reftag=fac&city=Ashburn",
  "/advanced_search?reftag=ix&net__in=nobody",
  "/compare",
  "/compare?asn=63502,63505&show=any",
  "/compare?asn=63502,63505&show=any&view=list",
  "/compare?ix=1,2&show=any",
  "/compare?net=1&ix=2",
];

describe("lists", () => {
  let server;
  let browser;

  before(async () => {
    server = await Server.start({ PEERAGE_PAGES_PER_MINUTE: "0" });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  for (const colorScheme of ["light", "dark"]) {
    test(`pages are accessible and fit each screen in ${colorScheme}`, async () => {
      const { context, page } = await visitor(browser, server, { colorScheme });
      for (const target of LOOKED_AT) {
        await open(page, target, target.includes("nobody") ? 400 : 200);
        for (const [width, height] of WIDTHS) {
          await page.setViewportSize({ width, height });
          await accessible(page, `${target} ${width} ${colorScheme}`);
          await picture(page, `${target} ${width} ${colorScheme}`);
        }
      }
      // Everything opened: lists of choices, and the request in several languages.
      await open(page, "/advanced_search?reftag=fac");
      await page.evaluate(() => document.querySelectorAll("main details").forEach((part) => { part.open = true; }));
      for (const [width, height] of WIDTHS) {
        await page.setViewportSize({ width, height });
        await accessible(page, `everything open ${width} ${colorScheme}`);
      }
      await context.close();
    });
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with scripts" : "without scripts";

    test(`a search is narrowed down and can be shared, ${how}`, async () => {
      const { context, page } = await visitor(browser, server, { javaScriptEnabled });
      await open(page, "/");
      await page.getByRole("link", { name: "Search filters" }).click();
      await page.locator(".tabs").getByRole("link", { name: "Exchanges", exact: true }).click();
      const all = await page.locator("tbody tr").count();
      await page.getByText("Region", { exact: true }).first().click();
      await page.getByLabel("Europe").check();
      await page.getByRole("button", { name: "Search", exact: true }).click();
      assert.equal(new URL(page.url()).search, "?reftag=ix&region_continent__in=Europe");
      const found = await page.locator("tbody tr").count();
      assert.ok(found > 0 && found < all, `${found} of ${all}`);
      await page.locator(".request summary").click();
      const shown = await page.locator("#as-curl").innerText();
      assert.ok(shown.includes(`${server.origin}/api/ix?region_continent__in=Europe`), shown);
      await page.getByRole("columnheader", { name: "City" }).getByRole("link").click();
      const cities = await page.locator("tbody tr td:nth-child(3)").allInnerTexts();
      assert.deepEqual(cities, [...cities].sort((one, other) => one.toLowerCase() < other.toLowerCase() ? -1 : 1));
      await context.close();
    });

    test(`a name that can mean several objects is asked back, ${how}`, async () => {
      const { context, page } = await visitor(browser, server, { javaScriptEnabled });
      await open(page, "/advanced_search?reftag=net&fac=potomac", 400);
      await page.locator(".meanings a").first().click();
      assert.match(new URL(page.url()).search, /^\?reftag=net&fac=\d+$/);
      assert.match(await page.locator("#field-fac").inputValue(), /^Potomac .+ #\d+$/);
      await context.close();
    });

    test(`pasted AS numbers are compared, ${how}`, async () => {
      const { context, page } = await visitor(browser, server, { javaScriptEnabled });
      await open(page, "/");
      await page.getByRole("link", { name: "Compare", exact: true }).click();
      await page.getByLabel("Networks").fill("AS63502, as63508\n63514");
      await page.getByRole("button", { name: "Compare" }).click();
      assert.equal(new URL(page.url()).search, "?asn=63502,63508,63514");
      await page.getByRole("link", { name: /^Any/ }).click();
      const rows = await page.locator("#exchanges tbody tr").count();
      await page.getByRole("link", { name: /^All/ }).click();
      assert.ok((await page.locator("#exchanges tbody tr").count()) < rows);
      await page.getByRole("link", { name: /^Compare without AS63514/ }).click();
      assert.match(page.url(), /asn=63502,63508&/);
      await context.close();
    });
  }

  test("the address of PeeringDB's tab leads to the comparison", async () => {
    const { context, page } = await visitor(browser, server);
    await open(page, "/advanced_search#asn_connectivity");
    await page.waitForURL("**/compare");
    await open(page, "/net/3");
    await page.getByRole("main").getByRole("link", { name: "Compare", exact: true }).click();
    assert.equal(new URL(page.url()).search, "?asn=63502");
    await context.close();
  });
});

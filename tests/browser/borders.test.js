// What other sites, mails and addresses cannot do to a logged-in person.

import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, describe, test } from "node:test";

import { launch, noFaults, open, visitor } from "./support/browser.js";
import { PASSWORD, enter, inside, path, person, showCode } from "./support/people.js";
import { Server } from "./support/server.js";

/** Addresses that lead to another site if a page does not check that they are its own paths. */
const ELSEWHERE = [
  "https://evil.example/", "http:evil.example", "https:evil.example", "https:/evil.example", "HTTPS://evil.example",
  "//evil.example", "///evil.example", "////evil.example/%2e%2e", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example",
  "/%2fevil.example", "/%5cevil.example", "%2f%2fevil.example", "/%09/evil.example", "/\t/evil.example", "\t//evil.example", " //evil.example", "/\n/evil.example",
  "/.evil.example", ".evil.example", "@evil.example", "//localhost@evil.example", "https://localhost@evil.example", "/@evil.example", "//evil.example\\@localhost",
  "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "blob:x",
  "/logout", "/logout/", "/%0d%0aLocation:%20https://evil.example", "/\r\nSet-Cookie: peerage-session=x", "//evil。example", "/\u2028/evil.example", "?next=//evil.example", "#//evil.example", "",
];

describe("borders", () => {
  let server;
  let browser;
  let evil;
  let elsewhere;

  before(async () => {
    server = await Server.start({ PEERAGE_MAILS_PER_MINUTE: "0", PEERAGE_PASSWORDS_PER_MINUTE: "0" });
    browser = await launch();
    // Another site: it shows what its address contains.
    evil = http.createServer((request, answer) => {
      const { searchParams } = new URL(request.url, "http://x");
      answer.setHeader("content-type", "text/html").end(`<!doctype html><html lang=en><title>Elsewhere</title><h1>Elsewhere</h1>${searchParams.get("html") ?? ""}`);
    });
    await new Promise((done) => evil.listen(0, "127.0.0.1", done));
    elsewhere = `http://127.0.0.1:${evil.address().port}`;
  });
  after(async () => {
    await browser?.close();
    evil?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  test("no address leads to another site after a login, a verification or the choice of a theme", async () => {
    const ida = await inside(browser, server, "ida", { org: 2 });
    const { page } = ida;
    for (const next of ELSEWHERE) {
      // If the person is logged in already, the page redirects at once.
      const asked = `/account/login/?next=${encodeURIComponent(next)}`;
      const answer = await ida.context.request.get(asked, { maxRedirects: 0 });
      const location = answer.headers().location ?? "/";
      assert.ok(new URL(location, server.origin).origin === server.origin && /^\/(?![/\\])/.test(location), `${next} led to ${location}`);
      assert.ok(!answer.headers()["set-cookie"]?.includes("peerage-session=x"), next);
      const look = await fetch(`${server.origin}/look`, { method: "POST", redirect: "manual", body: new URLSearchParams({ back: next, theme: "dark" }) });
      const back = look.headers.get("location");
      assert.ok(new URL(back, server.origin).origin === server.origin && /^\/(?![/\\])/.test(back), `${next} led back to ${back}`);
      await page.goto(asked);
      assert.equal(new URL(page.url()).origin, server.origin, next);
    }
    // With the form, once for each kind.
    let code = 0;
    for (const next of ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/%09/evil.example"]) {
      await page.goto(`/account/confirm/?next=${encodeURIComponent(next)}`);
      const field = page.locator("input[name=next]").first();
      await field.evaluate((one, value) => { one.value = value; }, next);
      await page.getByRole("textbox", { name: "Backup code" }).fill(ida.codes[code]);
      await page.getByRole("button", { name: "Use backup code" }).click();
      await page.waitForURL((url) => url.pathname !== "/account/confirm/");
      assert.equal(new URL(page.url()).origin, server.origin, next);
      code += 1;
    }
    await ida.context.close();
  });

  test("another site cannot frame a page, so it cannot steal clicks", async () => {
    const { context, page } = await inside(browser, server, "fred", { org: 2 });
    context.allowed.add(elsewhere);
    for (const target of ["/", "/profile", "/account/login/", "/account/two_factor/", "/org/2/manage/keys", "/apidocs/"]) {
      for (const tag of [`<iframe src="${server.origin}${target}">`, `<object data="${server.origin}${target}">`, `<embed src="${server.origin}${target}">`]) {
        await page.goto(`${elsewhere}/?html=${encodeURIComponent(tag)}`, { waitUntil: "load" });
        for (const frame of page.frames().slice(1)) {
          const text = await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "");
          assert.ok(!/Peerage|Log out|fred/.test(text), `${tag} shows ${text}`);
        }
      }
      const answer = await context.request.get(target, { maxRedirects: 0 });
      assert.match(answer.headers()["content-security-policy"] ?? "", /frame-ancestors 'none'/, target);
      assert.equal(answer.headers()["cross-origin-opener-policy"], "same-origin", target);
    }
    // The browser reports that it framed nothing, as expected.
    assert.ok(context.faults.some((fault) => /frame-ancestors|Refused to (frame|display|load)|violates/.test(fault)), context.faults.join("\n"));
    context.faults.splice(0);
    await context.close();
  });

  test("another site's forms and scripts have no effect for a logged-in person", async () => {
    const { context, page } = await inside(browser, server, "gert", { org: 2 });
    context.allowed.add(elsewhere);
    const fields = { "/logout": {}, "/change-name": { first_name: "Evil", last_name: "Name" }, "/account/login/": { "auth-username": "mallory", "auth-password": PASSWORD }, "/profile/email/add": { email: "evil@elsewhere.example" }, "/look": { theme: "dark" } };
    person(server, "mallory");
    for (const [target, values] of Object.entries(fields)) {
      const inputs = Object.entries(values).map(([name, value]) => `<input name="${name}" value="${value}">`).join("");
      await page.goto(`${elsewhere}/?html=${encodeURIComponent(`<form method=post action="${server.origin}${target}">${inputs}<button>x</button></form>`)}`);
      const asked = await page.evaluate(async ([address, values]) => {
        const body = new URLSearchParams(values);
        return fetch(address, { method: "POST", body, credentials: "include", mode: "no-cors" }).then((answer) => answer.type, () => "refused");
      }, [`${server.origin}${target}`, values]);
      assert.ok(["opaque", "refused"].includes(asked), asked);
      await Promise.all([page.waitForNavigation(), page.getByRole("button").click()]);
    }
    await open(page, "/profile");
    assert.equal(await page.locator(".menu .who").innerText(), "gert");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "auto");
    assert.equal(server.mailsTo("evil@elsewhere.example").length, 0);
    // It can read nothing of an answer.
    await page.goto(elsewhere);
    const read = await page.evaluate((address) => fetch(address, { credentials: "include" }).then((answer) => answer.text(), () => "refused"), `${server.origin}/profile`);
    assert.equal(read, "refused");
    context.faults.splice(0);
    await context.close();
  });

  test("a planted session is not used for the login", async () => {
    const mallory = await inside(browser, server, "malte", { org: 2 });
    const planted = (await mallory.context.cookies()).find((one) => one.name === "peerage-session");
    const hilda = await inside(browser, server, "hilda", { org: 2 });
    await hilda.context.clearCookies();
    // Mallory's own open session, and one that never existed.
    for (const value of [planted.value, "prs_1_abcdefghijklmnopqrstuvwxyz"]) {
      await hilda.context.clearCookies();
      await hilda.context.addCookies([{ name: "peerage-session", value, url: server.origin }]);
      await hilda.page.goto("/account/login/");
      if (path(hilda.page) !== "/account/login/") await hilda.context.clearCookies();
      await enter(hilda.page, "hilda");
      const half = (await hilda.context.cookies()).find((one) => one.name === "peerage-session").value;
      assert.notEqual(half, value);
      // A pending session cannot be completed in another browser with its token alone.
      const { context, page } = await visitor(browser, server);
      await context.addCookies([{ name: "peerage-session", value: half, url: server.origin }]);
      await page.goto("/profile");
      assert.equal(path(page), "/account/login/");
      await context.close();
    }
    await showCode(hilda.page, hilda.secret);
    await hilda.page.locator("details.account").waitFor();
    const whole = (await hilda.context.cookies()).find((one) => one.name === "peerage-session").value;
    assert.notEqual(whole, planted.value);
    for (const one of [mallory, hilda]) await one.context.close();
  });

  test("no text can add a header to an answer or a mail", async () => {
    const jo = await inside(browser, server, "jo", { org: 3, admin: true });
    const token = async () => jo.page.locator("input[name=csrfmiddlewaretoken]").first().inputValue();
    await open(jo.page, "/org/3/manage");
    const breaks = ["\r\nBcc: evil@elsewhere.example", "\nBcc: evil@elsewhere.example", "\r\n\r\n<script>alert(1)</script>", "%0d%0aBcc:evil@elsewhere.example", "\u2028Bcc: evil@elsewhere.example", "\u0000", "=?utf-8?q?x?=\r\nBcc: evil@elsewhere.example"];
    for (const text of breaks) {
      const forms = [
        ["/org/3/manage/people/invite", { email: `a@elsewhere.example${text}`, rank: "member", preset: "none" }],
        ["/org/3/manage/keys", { name: `key${text}`, email: `noc@elsewhere.example${text}`, preset: "none" }],
        ["/org/3/manage/keys", { name: `key${text}`.slice(0, 50), email: "noc@elsewhere.example", preset: "none", note: text }],
        ["/org/3/manage/roles", { kind: "noc", name: `role${text}`, email: `noc@elsewhere.example${text}` }],
        ["/profile/email/add", { email: `b@elsewhere.example${text}` }],
        ["/change-name", { first_name: `Jo${text}`, last_name: text }],
        ["/change-username", { username: `jo${text}` }],
        ["/oauth2/applications/register/", { name: `app${text}`, owner: "", client_type: "confidential", redirect_uris: `https://a.example/${text}`, algorithm: "RS256" }],
        ["/reset-password", { email: `jo@people.example${text}` }],
        ["/look", { back: `/x${text}`, theme: `dark${text}`, language: `de${text}` }],
        ["/set-user-locale", { locale: `de${text}` }],
      ];
      for (const [target, form] of forms) {
        const answer = await jo.context.request.post(target, { form: { ...form, csrfmiddlewaretoken: await token() }, headers: { origin: server.origin }, maxRedirects: 0 });
        assert.ok(answer.status() < 500, `${target}: ${answer.status()}`);
        for (const { name, value } of answer.headersArray()) assert.ok(!/bcc/i.test(name) && !/[\r\n]/.test(value), `${target}: ${name}: ${value}`);
      }
    }
    await server.mailTo("jo@people.example", /key/i);
    for (const { headers, to } of server.mails()) {
      assert.equal(headers.bcc, undefined);
      assert.ok(!to.includes("evil@elsewhere.example"), to);
      assert.match(headers["content-type"], /^text\/plain/);
    }
    await jo.context.close();
  });
});

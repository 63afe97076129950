// Behind a TLS proxy: cookies that no other host can set, and browsers that return only over TLS.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { api } from "./support/api.js";
import { authenticator, launch, noFaults, open, visitor } from "./support/browser.js";
import { addApp, enter, leave, person, showCode } from "./support/people.js";
import { Server } from "./support/server.js";

/** A proxy in front of a server: ends TLS with a new certificate, and sets the proxy headers. */
async function proxy(target, folder) {
  const [key, cert] = ["tls.key", "tls.crt"].map((name) => path.join(folder, name));
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (request, answer) => {
    const { port } = new URL(target());
    const headers = { ...request.headers, "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9" };
    const asked = http.request({ host: "127.0.0.1", port, method: request.method, path: request.url, headers }, (told) => {
      answer.writeHead(told.statusCode, told.rawHeaders.reduce((pairs, one, at, all) => (at % 2 ? pairs : [...pairs, [one, all[at + 1]]]), []));
      told.pipe(answer);
    });
    asked.on("error", () => answer.writeHead(502).end());
    request.pipe(asked);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

// With a configured public URL, or with only the proxy's headers.
for (const hasUrl of [true, false]) {
  describe(`behind a proxy with TLS, ${hasUrl ? "with a public URL" : "with the proxy's headers"}`, () => {
    let server;
    let browser;
    let proxied;
    let front;

    before(async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "peerage-tls-"));
      proxied = await proxy(() => server.origin, folder);
      fs.rmSync(folder, { recursive: true });
      const origin = `https://localhost:${proxied.address().port}`;
      server = await Server.start({ PEERAGE_TRUSTED_PROXIES: "127.0.0.1/32", PEERAGE_PASSWORDS_PER_MINUTE: "0" }, { publicUrl: hasUrl ? origin : null });
      front = { ...server, origin };
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      proxied?.close();
      proxied?.closeAllConnections();
      await server?.stop();
    });
    afterEach(noFaults);

    const secure = (cookies) => {
      for (const { name, secure: isSecure, httpOnly, sameSite, path: where, domain } of cookies) {
        assert.deepEqual([name.startsWith("__Host-") || ["theme", "language"].includes(name), isSecure, httpOnly, sameSite, where, domain], [true, true, true, "Lax", "/", "localhost"], name);
      }
    };

    test("a login with both steps works, its cookies have __Host- and Secure, and browsers must use TLS from then on", async () => {
      person(server, "tess", { org: 2 });
      const { context, page } = await visitor(browser, front, { ignoreHTTPSErrors: true });
      const answer = await open(page, "/account/login/");
      assert.match(answer.headers()["strict-transport-security"], /^max-age=(\d{8,}); includeSubDomains$/);
      await enter(page, "tess");
      const { secret } = await addApp(page);
      await leave(page);
      await enter(page, "tess");
      await showCode(page, secret);
      await page.locator("details.account").waitFor();
      const cookies = await context.cookies();
      assert.ok(cookies.some(({ name }) => name === "__Host-peerage-session"), JSON.stringify(cookies));
      secure(cookies);
      await page.getByRole("button", { name: "Dark" }).click();
      secure(await context.cookies());
      await open(page, "/account/sessions/");
      assert.match(await page.locator("main").innerText(), /203\.0\.113\.9/, "the client's address, as the proxy reports it");
      await context.close();
    });

    test("a cookie without the prefix, which a neighbouring host could set, is ignored", async () => {
      const { context, page } = await visitor(browser, front, { ignoreHTTPSErrors: true });
      person(server, "theo", { org: 2 });
      await enter(page, "theo");
      await addApp(page);
      const { value } = (await context.cookies()).find(({ name }) => name === "__Host-peerage-session");
      const other = await visitor(browser, front, { ignoreHTTPSErrors: true });
      await other.context.addCookies([{ name: "peerage-session", value, url: front.origin, secure: true }]);
      await other.page.goto("/profile");
      assert.equal(new URL(other.page.url()).pathname, "/account/login/");
      for (const one of [context, other.context]) await one.close();
    });

    if (hasUrl) {
      test("a passkey is created and logs in at the address of the proxy", async () => {
        person(server, "tom", { org: 2 });
        const { context, page } = await visitor(browser, front, { ignoreHTTPSErrors: true });
        await authenticator(page, "passkey");
        await enter(page, "tom");
        await open(page, "/account/two_factor/");
        await page.getByLabel("Name").last().fill("laptop");
        await page.getByRole("button", { name: "Add key" }).click();
        await page.locator(".secret pre").waitFor();
        await leave(page);
        await page.goto("/account/login/");
        await page.locator("details.account").waitFor();
        await context.close();
      });
    } else {
      test("headers from anyone but the proxy are ignored", async () => {
        const plain = await Server.start();
        const answer = await fetch(`${plain.origin}/account/login/`, { headers: { "x-forwarded-proto": "https" } });
        assert.equal(answer.headers.get("strict-transport-security"), null);
        assert.ok(!/__Host-|Secure/.test(answer.headers.get("set-cookie")), answer.headers.get("set-cookie"));
        assert.equal((await api(plain, null, "GET", "/api/net/1")).status, 200);
        await plain.stop();
      });
    }
  });
}

// Signing in to another site with a Peerage account, in a person's browser.

import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import http from "node:http";
import { after, afterEach, before, describe, test } from "node:test";

import { accessibleInAllForms, launch, noFaults, open } from "./support/browser.js";
import { inside } from "./support/people.js";
import { Server } from "./support/server.js";

const url64 = (bytes) => Buffer.from(bytes).toString("base64url");

describe("sign in with Peerage", () => {
  let server;
  let browser;
  let site;
  let back;
  let ida;

  before(async () => {
    server = await Server.start({ PEERAGE_PASSWORDS_PER_MINUTE: "0" });
    browser = await launch();
    // The other site. It only shows that the person was redirected back.
    site = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><html lang=en><title>Site</title><h1>Back</h1>"));
    await new Promise((done) => site.listen(0, "127.0.0.1", done));
    back = `http://127.0.0.1:${site.address().port}/back`;
    ida = await inside(browser, server, "ida", { org: 3, admin: true });
    ida.context.allowed.add(new URL(back).origin);
  });
  after(async () => {
    await browser?.close();
    site?.close();
    await server?.stop();
  });
  afterEach(noFaults);

  let clientId;

  /** Opens the consent page like a redirect from the site. Returns what the site keeps meanwhile. */
  async function ask(page, more = {}) {
    const kept = { verifier: url64(randomBytes(32)), state: url64(randomBytes(16)), nonce: url64(randomBytes(16)) };
    const question = new URLSearchParams({
      response_type: "code", client_id: clientId, redirect_uri: back, scope: "openid profile email networks",
      state: kept.state, nonce: kept.nonce, code_challenge: url64(createHash("sha256").update(kept.verifier).digest()),
      code_challenge_method: "S256", ...more,
    });
    kept.answer = await page.goto(`/oauth2/authorize/?${question}`);
    return kept;
  }

  async function exchange(code, verifier) {
    const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: back, client_id: clientId, code_verifier: verifier });
    const answer = await fetch(`${server.origin}/oauth2/token/`, { method: "POST", body });
    return { status: answer.status, ...(await answer.json()) };
  }

  test("an application is registered", async () => {
    const { page } = ida;
    await open(page, "/oauth2/applications/register/");
    await page.getByLabel("Name").fill("Peering portal");
    await page.getByLabel("An app or page that cannot keep a secret").check();
    await page.getByLabel(/^Redirect URIs/).fill(back.replace(/:\d+/, ""));
    await page.getByRole("button", { name: "Register" }).click();
    await accessibleInAllForms(page, "application registered");
    clientId = (await page.locator("dd code").first().innerText()).trim();
    await page.getByRole("link", { name: "View application" }).click();
    await accessibleInAllForms(page, "application");
  });

  test("a person reads what the site would see, allows it, and the site sees exactly that", async () => {
    const { page } = ida;
    const kept = await ask(page);
    await accessibleInAllForms(page, "consent");
    const said = await page.locator("main").innerText();
    assert.match(said, /Peering portal/);
    await page.getByLabel("All, including future networks").check();
    await page.getByRole("button", { name: "Allow", exact: true }).click();
    await page.waitForURL(`${back}**`);
    const came = new URL(page.url()).searchParams;
    assert.equal(came.get("state"), kept.state);
    assert.equal(came.get("iss"), server.origin);

    assert.equal((await exchange(came.get("code"), url64(randomBytes(32)))).status, 400, "a code does not work without the verifier");
    const again = await ask(page);
    await page.waitForURL(`${back}**`);
    const code = new URL(page.url()).searchParams.get("code");
    const tokens = await exchange(code, again.verifier);
    assert.equal(tokens.status, 200, JSON.stringify(tokens));

    const [head, body, seal] = tokens.id_token.split(".");
    const { kid } = JSON.parse(Buffer.from(head, "base64url"));
    const claims = JSON.parse(Buffer.from(body, "base64url"));
    const { keys } = await (await fetch(`${server.origin}/oauth2/jwks/`)).json();
    const key = createPublicKey({ key: keys.find((one) => one.kid === kid), format: "jwk" });
    const { alg } = JSON.parse(Buffer.from(head, "base64url"));
    const isSealed = alg === "ES256"
      ? verify("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(seal, "base64url"))
      : verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(seal, "base64url"));
    assert.ok(isSealed);
    assert.deepEqual([claims.iss, claims.aud, claims.nonce].flat(), [server.origin, clientId, again.nonce]);
    assert.ok(claims.amr.includes("mfa"));

    const profile = await fetch(`${server.origin}/profile/v1`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const known = await profile.json();
    assert.equal(known.email, "ida@people.example");
    assert.deepEqual(known.networks.map((net) => [net.asn, net.perms]), [[63502, 15], [63503, 15]]);

    // A code that is used twice revokes its tokens.
    assert.equal((await exchange(code, again.verifier)).status, 400);
    const after = await fetch(`${server.origin}/profile/v1`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    assert.equal(after.status, 401);
  });

  test("a person who declines is redirected back with an error", async () => {
    const { page } = ida;
    const kept = await ask(page, { prompt: "consent" });
    await page.getByRole("button", { name: "Deny" }).click();
    await page.waitForURL(`${back}**`);
    const came = new URL(page.url()).searchParams;
    assert.deepEqual([came.get("error"), came.get("state"), came.get("code")], ["access_denied", kept.state, null]);
  });

  test("an unregistered address never gets a redirect", async () => {
    const { page } = ida;
    for (const wrong of ["https://evil.example/", `${back}/more`, back.replace("http:", "https:"), `${back}#x`, "javascript:alert(1)"]) {
      const { answer } = await ask(page, { redirect_uri: wrong });
      assert.equal(answer.status(), 400, wrong);
      assert.equal(new URL(page.url()).origin, server.origin, wrong);
    }
    await accessibleInAllForms(page, "consent refused");
  });

  test("consents are listed and can be revoked", async () => {
    const { page } = ida;
    page.on("dialog", (dialog) => dialog.accept());
    await open(page, "/oauth2/authorized_tokens/");
    await accessibleInAllForms(page, "sites");
    const row = page.getByRole("row").filter({ hasText: "Peering portal" });
    await row.getByRole("button").click();
    await page.getByText("Access revoked.").waitFor();
    assert.deepEqual(ida.faults, []);
  });
});

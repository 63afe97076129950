// Times every page of the table on a registry of real size, in one of its largest organizations, requested by a browser of
// each kind of visitor. Run by scripts/bench-pages, with a release build.
//
//     node bench_pages.js FOLDER [REQUESTS]
//
// FOLDER: the output of benches/scale/generate.py. Prints a table, and exits with status 1 if a page is too slow or too large.

import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import zlib from "node:zlib";

import { api, known } from "./support/api.js";
import { launch } from "./support/browser.js";
import { PAGES } from "./support/pages.js";
import { Server } from "./support/server.js";
import { World } from "./support/world.js";

/** The limits on the server time of a page, in milliseconds, and on its bytes as sent, with style and scripts. */
const MILLISECONDS_MAX = 50;
const BYTES_MAX = 100_000;

/** What the organization has in addition to the world's: people, keys, changes in its audit log. */
const [PEOPLE, KEYS, CHANGES] = [30, 30, 1_000].map((count) => Math.ceil(count * Number(process.env.CROWD ?? 1)));

const [folder, requests = "100"] = process.argv.slice(2);
if (!folder) throw new Error("usage: node bench_pages.js FOLDER [REQUESTS]");

const rows = (resource) => JSON.parse(fs.readFileSync(path.join(folder, `${resource}.json`), "utf8")).data.filter((row) => row.status === "ok");

/** The organization with the most objects, and one without any. */
function organizations() {
  const counts = new Map();
  for (const resource of ["net", "fac", "ix", "carrier"]) for (const { org_id } of rows(resource)) counts.set(org_id, (counts.get(org_id) ?? 0) + 1);
  const [[org, count]] = [...counts].sort(([, one], [, other]) => other - one);
  return { org, count, unowned: rows("org").find(({ id }) => id !== org && id > 10).id, net: rows("net").find(({ org_id }) => org_id === org), asns: rows("net").slice(0, 2).map(({ asn }) => asn) };
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Sends one request. Returns status, bytes on the wire, and milliseconds until the last byte. */
function ask(origin, target, cookie) {
  return new Promise((done, failed) => {
    const begun = process.hrtime.bigint();
    const asked = http.get(new URL(target, origin), { agent, headers: { cookie, accept: "text/html", "accept-encoding": "gzip", "accept-language": "en" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk) => { bytes += chunk.length; });
      answer.on("end", () => done({ status: answer.statusCode, bytes, milliseconds: Number(process.hrtime.bigint() - begun) / 1e6 }));
    });
    asked.on("error", failed);
  });
}

const { org, count, unowned, net, asns } = organizations();
console.error(`importing ${folder}; organization ${org} has ${count} objects`);
const unbounded = Object.fromEntries(["MAILS", "PASSWORDS", "WRITES"].map((what) => [`PEERAGE_${what}_PER_MINUTE`, "0"]).concat([["PEERAGE_WRITES_PER_MINUTE_PER_ORG", "0"], ["PEERAGE_REQUESTS_PER_SECOND", "0"]]));
const server = await Server.start(unbounded, { data: folder });
const browser = await launch();
const slow = [];
/** Others who read at the same time. */
const readers = Number(process.env.READERS ?? 0);
let crowd;
try {
  const world = await World.make(server, browser, { org, unowned, asns });
  for (let at = 0; at < PEOPLE; at += 1) {
    server.run("user", "create", "--username", `member${at}`, "--email", `member${at}@people.example`);
    server.run("org", "add", `member${at}`, "--org", String(org), "--without-consent");
  }
  let key;
  for (let at = 0; at < KEYS; at += 1) ({ key } = server.json("key", "create", "--org", String(org), "--name", `key ${at}`, "--email", "noc@people.example", "--grant", `org.${org}=crud`));
  await known(server, key);
  for (let at = 0; at < CHANGES; at += 1) {
    const { status, json } = await api(server, key, "PUT", `/api/net/${net.id}`, { asn: net.asn, name: net.name, org_id: org, notes: `change ${at}` });
    if (status !== 200) throw new Error(`change ${at}: ${status} ${JSON.stringify(json)}`);
  }

  const home = await (await fetch(server.origin)).text();
  let files = 0;
  for (const [, file] of home.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)) files += zlib.gzipSync(await (await fetch(server.origin + file)).text()).length;
  files += zlib.gzipSync(await (await fetch(`${server.origin}/static/webauthn.js`)).text()).length;

  if (readers > 0) crowd = spawn(process.execPath, [path.join(import.meta.dirname, "bench_readers.js"), server.origin, String(readers), String(rows("net").length)], { stdio: "inherit" });
  console.log(`| page | as | median ms | 99 % ms | worst ms | bytes |\n| --- | --- | ---: | ---: | ---: | ---: |`);
  for (const { name, who, target, status } of PAGES) {
    for (const kind of who) {
      const asked = target(world);
      // A link that is mailed after three days: it leads to the page for a new password.
      if (!asked) continue;
      // A session gets a new token when permissions have changed; the browser stores it.
      await world.pages[kind].goto(asked);
      const cookies = await world.pages[kind].context().cookies(server.origin);
      const cookie = cookies.map((one) => `${one.name}=${one.value}`).join("; ");
      const times = [];
      let bytes = 0;
      for (let at = 0; at < Number(requests) + 5; at += 1) {
        const told = await ask(server.origin, asked, cookie);
        if (told.status !== status) throw new Error(`${name}: ${told.status}`);
        bytes = told.bytes;
        if (at >= 5) times.push(told.milliseconds);
      }
      times.sort((one, other) => one - other);
      const [median, most, worst] = [times[times.length >> 1], times[Math.floor(times.length * 0.99)], times.at(-1)];
      console.log(`| ${name} | ${kind} | ${median.toFixed(1)} | ${most.toFixed(1)} | ${worst.toFixed(1)} | ${(bytes + files).toLocaleString("en")} |`);
      if (most > MILLISECONDS_MAX) slow.push(`${name} (${kind}) takes ${most.toFixed(1)} ms`);
      if (bytes + files > BYTES_MAX) slow.push(`${name} (${kind}) weighs ${bytes + files} bytes`);
    }
  }
} finally {
  crowd?.kill();
  agent.destroy();
  await browser.close();
  await server.stop();
}
if (slow.length > 0) {
  console.error(`over ${MILLISECONDS_MAX} ms or ${BYTES_MAX} bytes:\n${slow.join("\n")}`);
  process.exitCode = 1;
}

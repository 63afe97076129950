// Reads beside a measurement: each reader requests an object every 200 ms, by the API and as a page in turn.
//
//     node bench_readers.js ORIGIN READERS LAST_ID

import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const [origin, readers, last] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });
const PAUSE = 200;

function read(target) {
  return new Promise((done) => {
    const asked = http.get(new URL(target, origin), { agent, headers: { accept: target.startsWith("/api") ? "application/json" : "text/html" } }, (answer) => answer.resume().on("end", done));
    asked.on("error", done);
  });
}

async function reader(at) {
  await pause((PAUSE * at) / Number(readers));
  for (let round = 0; ; round += 1) {
    const id = 1 + ((at * 7919 + round * 104729) % Number(last));
    await read(round % 2 ? `/net/${id}` : `/api/net/${id}`);
    await pause(PAUSE);
  }
}

await Promise.all(Array.from({ length: Number(readers) }, (_, at) => reader(at)));

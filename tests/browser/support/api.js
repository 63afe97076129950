// Peerage's API, as programs use it.

import { setTimeout as pause } from "node:timers/promises";

/** Sends an API request with a key. Returns status and JSON. */
export async function api(server, key, method, target, body) {
  const headers = { accept: "application/json" };
  if (key) headers.authorization = `Api-Key ${key}`;
  if (body) headers["content-type"] = "application/json";
  const ask = () => fetch(server.origin + target, { method, headers, body: body && JSON.stringify(body) });
  // Commands that ran meanwhile kept this program from noticing that a connection was closed: retry reads on a new
  // one.
  const answer = await (method === "GET" ? ask().catch(ask) : ask());
  return { status: answer.status, json: await answer.json().catch(() => null) };
}

/** Changes the notes of a network like a program. Returns the status. */
export async function writeNote(server, key, net, note) {
  const { json } = await api(server, null, "GET", `/api/net/${net}`);
  const { asn, name, org_id } = json.data[0];
  return (await api(server, key, "PUT", `/api/net/${net}`, { asn, name, org_id, notes: note })).status;
}

/** Waits until the server knows a key that a command created. */
export async function known(server, key) {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await api(server, key, "GET", "/api/whoami")).status === 200) return;
    await pause(50);
  }
  throw new Error("the server does not know the key");
}

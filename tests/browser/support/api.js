// Peerage as programs meet it.

import { setTimeout as pause } from "node:timers/promises";

/** Asks the API with a key; gives status and JSON. */
export async function api(server, key, method, target, body) {
  const headers = { accept: "application/json" };
  if (key) headers.authorization = `Api-Key ${key}`;
  if (body) headers["content-type"] = "application/json";
  const ask = () => fetch(server.origin + target, { method, headers, body: body && JSON.stringify(body) });
  // Commands that ran meanwhile kept this program from noticing that a kept connection was closed: what only reads is
  // asked again on another.
  const answer = await (method === "GET" ? ask().catch(ask) : ask());
  return { status: answer.status, json: await answer.json().catch(() => null) };
}

/** Changes a note of a network, as a program would; gives the status. */
export async function writeNote(server, key, net, note) {
  const { json } = await api(server, null, "GET", `/api/net/${net}`);
  const { asn, name, org_id } = json.data[0];
  return (await api(server, key, "PUT", `/api/net/${net}`, { asn, name, org_id, notes: note })).status;
}

/** Waits until the server knows a key that was made beside it. */
export async function known(server, key) {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await api(server, key, "GET", "/api/whoami")).status === 200) return;
    await pause(50);
  }
  throw new Error("the server does not know the key");
}

// The real program on a registry of its own: SQLite in a folder that goes away with it, mails as files.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { parseMail } from "./mail.js";

const top = path.resolve(import.meta.dirname, "../../..");
const program =
  process.env.PEERAGE_PROGRAM ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(top, "target"), "debug/peerage");

/** A port on which nothing listens. */
function freePort() {
  return new Promise((done, failed) => {
    const probe = net.createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** The caller's environment without what the program would read. */
function environment(more) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PEERAGE_"));
  return { ...Object.fromEntries(kept), ...more };
}

export class Server {
  /**
   * Starts a server with the demo registry and waits until it answers. `settings` are further variables, such as
   * `{ PEERAGE_REGISTRATION: "false" }`.
   */
  static async start(settings = {}) {
    if (!fs.existsSync(program)) throw new Error(`${program} is missing: cargo build -p peerage, or name PEERAGE_PROGRAM`);
    const server = new Server();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), "peerage-browser-"));
    server.settings = settings;
    const demo = path.join(top, "crates/peerage/demo/demo.json");
    server.run("import", demo);
    const port = await freePort();
    // Browsers give security keys to https and to localhost only.
    server.origin = `http://localhost:${port}`;
    await server.serve(port);
    return server;
  }

  get variables() {
    return environment({
      PEERAGE_DATABASE: path.join(this.folder, "registry.db"),
      PEERAGE_SERVER_KEY_FILE: path.join(this.folder, "server.key"),
      PEERAGE_MAIL: `file:${path.join(this.folder, "mail")}`,
      PEERAGE_RDAP: "off",
      // All tests come from one address.
      PEERAGE_REFUSALS_PER_MINUTE: "0",
      PEERAGE_LOG_LEVEL: "warn",
      ...this.settings,
    });
  }

  async serve(port) {
    const log = fs.openSync(path.join(this.folder, "server.log"), "a");
    const listen = ["serve", "--listen", `127.0.0.1:${port}`, "--public-url", this.origin];
    this.child = spawn(program, listen, { env: this.variables, stdio: ["ignore", log, log] });
    for (let tries = 0; tries < 600; tries += 1) {
      if (this.child.exitCode !== null) throw new Error(`the server ended: ${this.log}`);
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await pause(50);
    }
    throw new Error(`the server is not ready: ${this.log}`);
  }

  get log() {
    return fs.readFileSync(path.join(this.folder, "server.log"), "utf8");
  }

  /** Runs the program beside the server; gives its standard output. `input` goes to its standard input. */
  run(...words) {
    return this.runWith("", ...words);
  }

  runWith(input, ...words) {
    const done = spawnSync(program, words, { env: this.variables, cwd: this.folder, encoding: "utf8", input });
    if (done.status !== 0) throw new Error(`peerage ${words.join(" ")}: ${done.status}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  /** The same with --json, read. */
  json(...words) {
    return JSON.parse(this.run(...words, "--json"));
  }

  /** All mails to an address so far, oldest first. */
  mailsTo(address) {
    const folder = path.join(this.folder, "mail");
    if (!fs.existsSync(folder)) return [];
    const files = fs.readdirSync(folder).filter((name) => name.endsWith(".eml"));
    const mails = files.map((name) => {
      const file = path.join(folder, name);
      return { ...parseMail(fs.readFileSync(file, "latin1")), name, at: fs.statSync(file, { bigint: true }).mtimeNs };
    });
    const theirs = mails.filter((mail) => mail.to.toLowerCase().includes(address.toLowerCase()));
    return theirs.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : one.name < other.name ? -1 : 1));
  }

  /** Waits for a mail to an address whose text or subject matches, beyond the first `beyond`; gives the newest. */
  async mailTo(address, pattern = /^/, beyond = 0) {
    for (let tries = 0; tries < 400; tries += 1) {
      const mails = this.mailsTo(address).filter((mail) => pattern.test(mail.subject) || pattern.test(mail.text));
      if (mails.length > beyond) return mails.at(-1);
      await pause(50);
    }
    throw new Error(`no mail to ${address} that says ${pattern}; ${JSON.stringify(this.mailsTo(address))}`);
  }

  /** The link in a mail whose address holds these words. */
  static link(mail, words) {
    const found = mail.links.find((link) => link.includes(words));
    if (!found) throw new Error(`no link with ${words} in: ${mail.text}`);
    return found;
  }

  async stop() {
    if (this.child && this.child.exitCode === null) {
      const ended = new Promise((done) => this.child.once("exit", done));
      this.child.kill("SIGTERM");
      await Promise.race([ended, pause(5000).then(() => this.child.kill("SIGKILL"))]);
    }
    if (!process.env.PEERAGE_KEEP) fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

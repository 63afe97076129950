// The real program on a separate registry: SQLite in a temporary folder, mails as files.

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

/** When the last command of any test in this process ended. */
let lastCommand = 0;

/** Waits until servers show what commands have changed: they follow the log within a second. */
export const followed = () => pause(Math.max(0, lastCommand + 1_000 - Date.now()));

/** Returns a free port. */
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

/** The library that moves a program's clock: libfaketime, from Debian's package or at the path in PEERAGE_FAKETIME. */
function clockMover() {
  const machines = ["x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu", "powerpc64le-linux-gnu", "s390x-linux-gnu"];
  const folders = [...machines.map((machine) => `/usr/lib/${machine}/faketime`), "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime"];
  const found = [process.env.PEERAGE_FAKETIME, ...folders.map((folder) => `${folder}/libfaketime.so.1`)].find((file) => file && fs.existsSync(file));
  if (!found) throw new Error("libfaketime is missing: install it (apt-get install faketime), or set PEERAGE_FAKETIME to the path of libfaketime.so.1");
  return found;
}

/** The caller's environment without the program's variables. */
function environment(more) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("PEERAGE_"));
  return { ...Object.fromEntries(kept), ...more };
}

export class Server {
  /**
   * Starts a server with the demo registry and waits until it answers. `settings` are further variables, such as
   * `{ PEERAGE_REGISTRATION: "false" }`. `data`: the initial registry, instead of the demo. `hasClock`: its
   * clock can be moved. `publicUrl`: its configured public URL, if that is not where it listens; null: none.
   */
  static async start(settings = {}, { data, hasClock = false, publicUrl } = {}) {
    if (!fs.existsSync(program)) throw new Error(`${program} is missing: cargo build -p peerage, or set PEERAGE_PROGRAM`);
    const server = new Server();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), "peerage-browser-"));
    server.settings = settings;
    server.ahead = 0;
    if (hasClock) {
      server.clock = path.join(server.folder, "clock");
      server.mover = clockMover();
      server.setClock();
    }
    server.run("import", data ?? path.join(top, "crates/peerage/demo/demo.json"));
    const port = await freePort();
    // Browsers allow security keys only for https and for localhost.
    server.origin = `http://localhost:${port}`;
    server.publicUrl = publicUrl === undefined ? server.origin : publicUrl;
    await server.serve(port);
    return server;
  }

  /** How far the program's clock is ahead, in seconds. */
  setClock() {
    // In one step, so that a partial file is never read.
    fs.writeFileSync(`${this.clock}.new`, `+${this.ahead}`);
    fs.renameSync(`${this.clock}.new`, this.clock);
  }

  /** Moves the program's clock forward by hours, and waits for what is due then. */
  forward(hours) {
    this.ahead += hours * 3600;
    this.setClock();
    // A change wakes the tasks that check the clock.
    this.wakes = (this.wakes ?? 0) + 1;
    this.run("user", "create", "--username", `wake${this.wakes}`, "--email", `wake${this.wakes}@clock.example`);
  }

  /** The program's time, for time-based codes. */
  get now() {
    return Date.now() + this.ahead * 1000;
  }

  get variables() {
    return environment({
      PEERAGE_DATABASE: path.join(this.folder, "registry.db"),
      PEERAGE_SERVER_KEY_FILE: path.join(this.folder, "server.key"),
      PEERAGE_MAIL: `file:${path.join(this.folder, "mail")}`,
      PEERAGE_RDAP: "off",
      // All tests come from one address.
      PEERAGE_REFUSALS_PER_MINUTE: "0",
      PEERAGE_PAGES_PER_MINUTE: "0",
      PEERAGE_LOG_LEVEL: "warn",
      // The disks of test machines sometimes stall for seconds. What people read then is tested over HTTP.
      PEERAGE_DATABASE_TIMEOUT_MS: "30000",
      ...(this.mover && {
        LD_PRELOAD: this.mover,
        FAKETIME_TIMESTAMP_FILE: this.clock,
        FAKETIME_NO_CACHE: "1",
        // Timers and timeouts are not affected.
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      }),
      ...this.settings,
    });
  }

  async serve(port) {
    const log = fs.openSync(path.join(this.folder, "server.log"), "a");
    const listen = ["serve", "--listen", `127.0.0.1:${port}`, ...(this.publicUrl ? ["--public-url", this.publicUrl] : [])];
    this.child = spawn(program, listen, { env: this.variables, stdio: ["ignore", log, log] });
    for (let tries = 0; tries < 2400; tries += 1) {
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

  /** Runs a command of the program while the server runs. Returns its standard output. `input` is its standard input. */
  run(...words) {
    return this.runWith("", ...words);
  }

  runWith(input, ...words) {
    const done = spawnSync(program, words, { env: this.variables, cwd: this.folder, encoding: "utf8", input });
    lastCommand = Date.now();
    if (done.status !== 0) throw new Error(`peerage ${words.join(" ")}: ${done.status}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  /** Runs a command with --json. Returns the parsed output. */
  json(...words) {
    return JSON.parse(this.run(...words, "--json"));
  }

  /** All mails so far, oldest first. Each is read once, because mails do not change. */
  mails() {
    const folder = path.join(this.folder, "mail");
    if (!fs.existsSync(folder)) return [];
    this.read ??= new Map();
    for (const name of fs.readdirSync(folder)) {
      if (!name.endsWith(".eml") || this.read.has(name)) continue;
      const file = path.join(folder, name);
      this.read.set(name, { ...parseMail(fs.readFileSync(file, "latin1")), name, at: fs.statSync(file, { bigint: true }).mtimeNs });
    }
    return [...this.read.values()].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : one.name < other.name ? -1 : 1));
  }

  /** All mails to an address so far, oldest first. */
  mailsTo(address) {
    return this.mails().filter((mail) => mail.to.toLowerCase().includes(address.toLowerCase()));
  }

  /** Waits for a mail to an address whose text or subject matches, after the first `beyond`; returns the newest. */
  async mailTo(address, pattern = /^/, beyond = 0) {
    for (let tries = 0; tries < 400; tries += 1) {
      const mails = this.mailsTo(address).filter((mail) => pattern.test(mail.subject) || pattern.test(mail.text));
      if (mails.length > beyond) return mails.at(-1);
      await pause(50);
    }
    throw new Error(`no mail to ${address} that says ${pattern}; ${this.mailsTo(address).map((mail) => `${mail.subject}: ${mail.text}`).join("\n---\n")}`);
  }

  /** Returns the link in a mail whose address contains these words. */
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

#!/usr/bin/env python3
"""Sends a mix of requests to a server at full speed, and watches its memory, files and threads. Started by `scripts/soak hour`.

    hour.py PROGRAM [MINUTES]

Readers ask for objects, lists, searches and pages; writers create, change and delete rows; others log in, create and revoke keys,
and an import of a list runs now and then. Every ten seconds the resident memory, open files, threads, size of the write-ahead log
and number of rows are noted. Exits with status 1 if a request is answered with 500 or not at all, if files or threads grow, if the
write-ahead log grows beyond 64 MiB, if the memory grows more than the data, or if `peerage doctor` finds something.
"""
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

PROGRAM = os.path.abspath(sys.argv[1])
MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 60
SAMPLE_S = 10
READERS, WRITERS, NETS, ORGS = 6, 4, 400, 20
WAL_BYTES_MAX = 64 << 20
# Memory may grow by this many times the bytes that the log has grown, and by a fixed amount: caches, and what the allocator keeps.
GROWTH_FACTOR_MAX, GROWTH_BYTES = 3, 48 << 20
WORK = tempfile.mkdtemp(prefix="peerage-hour-")
DATABASE = f"{WORK}/registry.db"
PASSWORD = "ada-Pw-2026-harbour"
faults, statuses = [], {}
guard, stop = threading.Lock(), threading.Event()


def fault(text):
    with guard:
        if len(faults) < 20:
            print(f"FAULT {text}", flush=True)
        faults.append(text)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments, "--database", DATABASE], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"hour: peerage {arguments[0]}: {done.stderr}")
    return done.stdout


def registry(mark):
    row = {"status": "ok", "created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z"}
    orgs = [{"id": n, "name": f"Org {n}", "website": "https://org.example", **row} for n in range(1, ORGS + 1)]
    nets = [{"id": n, "org_id": n % ORGS + 1, "name": f"Net {n}", "asn": 63000 + n, "website": "https://net.example",
             "notes": mark if n % 7 == 0 else "", **row} for n in range(1, NETS + 1)]
    path = f"{WORK}/registry.json"
    with open(path, "w") as file:
        json.dump({"org": {"data": orgs}, "net": {"data": nets}}, file)
    return path


class Client:
    """A connection that stays open."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def ask(self, method, target, headers=None, body=None, form=None):
        headers = dict(headers or {})
        if body is not None:
            headers["Content-Type"], body = "application/json", json.dumps(body)
        if form is not None:
            headers["Content-Type"], body = "application/x-www-form-urlencoded", urllib.parse.urlencode(form)
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.connection.request(method, target, body, headers)
                answer = self.connection.getresponse()
                content = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                self.connection = None
                # A server closes idle connections.
                if attempt == 2:
                    if not stop.is_set():
                        fault(f"{method} {target}: {type(error).__name__}")
                    return 0, {}, b""
        with guard:
            name = f"{method} {answer.status}"
            statuses[name] = statuses.get(name, 0) + 1
        if answer.status == 500:
            fault(f"{method} {target} was answered 500")
        return answer.status, answer, content


def read(port, number):
    client, chance = Client(port), random.Random(number)
    targets = [lambda: f"/api/net/{chance.randint(1, NETS)}?depth=2", lambda: f"/api/net?limit=100&skip={chance.randint(0, NETS)}",
               lambda: "/api/net", lambda: f"/api/poc?net_id={chance.randint(1, NETS)}",
               lambda: f"/net/{chance.randint(1, NETS)}", lambda: f"/search?q=net+{chance.randint(1, NETS)}",
               lambda: f"/api/net?asn={63000 + chance.randint(1, NETS)}", lambda: f"/org/{chance.randint(1, ORGS)}",
               lambda: f"/api/net?name__contains={chance.randint(1, 99)}", lambda: "/api/org?depth=1"]
    while not stop.is_set():
        client.ask("GET", chance.choice(targets)(), {"Accept-Encoding": "gzip"} if chance.random() < 0.5 else {})


def write(port, keys, number):
    client, chance, own = Client(port), random.Random(number), []
    while not stop.is_set():
        org = chance.randint(1, ORGS)
        auth = {"Authorization": f"Api-Key {keys[org]}"}
        net = next(n for n in range(chance.randint(1, NETS - ORGS), NETS + 1) if n % ORGS + 1 == org)
        contact = {"net_id": net, "role": "NOC", "email": "a@b.example", "name": f"W{number} {chance.random()}"}
        if len(own) > 200 or (own and chance.random() < 0.3):
            identity, owner = own.pop(chance.randrange(len(own)))
            client.ask("DELETE", f"/api/poc/{identity}", {"Authorization": f"Api-Key {keys[owner]}"})
        elif chance.random() < 0.5:
            status, _, content = client.ask("POST", "/api/poc", auth, contact)
            if status == 201:
                own.append((json.loads(content)["data"][0]["id"], org))
        else:
            body = {"org_id": org, "name": f"Net {net}", "asn": 63000 + net, "website": "https://net.example",
                    "notes": f"{chance.random()} " * chance.randint(1, 40)}
            client.ask("PUT", f"/api/net/{net}", auth, body)


def cookies_of(answer, jar):
    for name, value in answer.getheaders():
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            jar[key] = rest.split(";")[0]
    return {"Cookie": "; ".join(f"{key}={value}" for key, value in jar.items())}


def log_in(port):
    """Logs in with a password, looks at a page, and logs out, again and again."""
    client, done = Client(port), 0
    while not stop.is_set():
        jar = {}
        status, answer, content = client.ask("GET", "/account/login/")
        if status != 200:
            continue
        headers = cookies_of(answer, jar)
        form = {"auth-username": "ada", "auth-password": PASSWORD}
        token = re.search(rb'name="csrfmiddlewaretoken"[^>]*value="([^"]*)"', content)
        if token:
            form["csrfmiddlewaretoken"] = token[1].decode()
        status, answer, _ = client.ask("POST", "/account/login/", {**headers, "Origin": f"http://127.0.0.1:{port}"}, form=form)
        if status in (302, 303):
            client.ask("GET", "/profile", cookies_of(answer, jar))
            done += 1
        with guard:
            statuses["log-ins"] = done


def manage_keys(port):
    """Creates, uses and revokes keys as an operator does, and replaces part of the registry by an import."""
    client, turn = Client(port), 0
    while not stop.is_set():
        turn += 1
        made = json.loads(run("key", "create", "--org", "1", "--name", f"turn {turn}", "--email", "a@b.example",
                              "--grant", "net=r", "--json"))
        client.ask("GET", "/api/net/1", {"Authorization": f"Api-Key {made['key']}"})
        run("key", "revoke", made["key"].split("_")[2])
        if turn % 5 == 0:
            run("import", registry(f"import {turn}"))
        with guard:
            statuses["keys created and revoked"] = turn
        stop.wait(1)


def sample(pid):
    status = open(f"/proc/{pid}/status").read()

    def number(name):
        return int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1])

    def size(path):
        return os.path.getsize(path) if os.path.exists(path) else 0
    return {"rss": number("VmRSS") << 10, "threads": number("Threads"), "files": len(os.listdir(f"/proc/{pid}/fd")),
            "wal": size(f"{DATABASE}-wal"), "database": size(DATABASE)}


def events_and_rows(port):
    text = Client(port).ask("GET", "/metrics")[2].decode()
    position = re.search(r"^peerage_log_position(?:\{.*\})? (\d+)", text, re.M)
    rows = sum(int(float(value)) for value in re.findall(r"^peerage_rows(?:\{.*\})? ([0-9.e+]+)", text, re.M))
    return int(position[1]) if position else 0, rows


def judge(samples):
    """Compares the last tenth of the run with the second one, after everything has warmed up."""
    tenth = max(1, len(samples) // 10)
    early, late = samples[tenth:2 * tenth] or samples[:1], samples[-tenth:]

    def typical(part, name):
        return sorted(sample[name] for sample in part)[len(part) // 2]
    grown = {name: typical(late, name) - typical(early, name) for name in ("rss", "database", "files", "threads", "events", "rows")}
    allowed = GROWTH_FACTOR_MAX * max(0, grown["database"]) + GROWTH_BYTES
    if grown["rss"] > allowed:
        fault(f"the memory has grown by {grown['rss'] >> 20} MiB, and the data by {grown['database'] >> 20} MiB")
    for name, limit in (("files", 30), ("threads", 8)):
        if grown[name] > limit:
            fault(f"{grown[name]} more {name} than at the beginning")
    longest = max(sample["wal"] for sample in samples)
    if longest > WAL_BYTES_MAX:
        fault(f"the write-ahead log has grown to {longest >> 20} MiB")
    print(f"from {typical(early, 'rss') >> 20} to {typical(late, 'rss') >> 20} MiB of memory with {grown['events']} more events, "
          f"{grown['rows']} more rows and {grown['database'] >> 20} MiB more data; write-ahead log at most {longest >> 20} MiB; "
          f"{typical(late, 'files')} files ({grown['files']:+}), {typical(late, 'threads')} threads ({grown['threads']:+})")


def main():
    accounts = f"{WORK}/accounts.json"
    with open(accounts, "w") as file:
        json.dump({"users": [{"id": 1, "username": "ada", "email": "ada@org.example", "password": PASSWORD, "verified": True,
                              "orgs": [{"org_id": 1, "role": "admin"}]}], "keys": []}, file)
    run("import", "--accounts", accounts, registry(""))
    keys = {org: json.loads(run("key", "create", "--org", str(org), "--name", "soak", "--email", "noc@org.example",
                                "--grant", "net=crud", "--json"))["key"] for org in range(1, ORGS + 1)}
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    limits = ["requests-per-second", "writes-per-minute", "writes-per-minute-per-org", "passwords-per-minute", "pages-per-minute",
              "refusals-per-minute"]
    server = subprocess.Popen(
        [PROGRAM, "serve", "--listen", f"127.0.0.1:{port}", "--database", DATABASE, "--rdap", "off", "--member-lists", "off",
         "--log-level", "warn", "--mail", f"file:{WORK}/mails", *(part for name in limits for part in (f"--{name}", "0"))],
        stdout=subprocess.DEVNULL, stderr=open(f"{WORK}/server.log", "wb"))
    def is_ready():
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return Client(port).ask("GET", "/readyz")[0] == 200
        except OSError:
            return False
    begun, samples = time.monotonic(), []
    while not is_ready():
        if time.monotonic() - begun > 60 or server.poll() is not None:
            raise SystemExit(f"hour: the server does not start: {open(WORK + '/server.log').read()}")
        time.sleep(0.1)
    work = [(read, (port, n)) for n in range(READERS)] + [(write, (port, keys, n)) for n in range(WRITERS)]
    work += [(log_in, (port,)), (manage_keys, (port,))]
    threads = [threading.Thread(target=what, args=arguments) for what, arguments in work]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        while time.monotonic() - begun < MINUTES * 60:
            time.sleep(SAMPLE_S)
            if server.poll() is not None:
                fault(f"the server has ended with status {server.returncode}")
                break
            found = sample(server.pid)
            found["events"], found["rows"] = events_and_rows(port)
            samples.append(found)
            if len(samples) % 6 == 0:
                print(f"{time.monotonic() - begun:5.0f} s: {found['rss'] >> 20} MiB, {found['files']} files, {found['threads']} threads, "
                      f"write-ahead log {found['wal'] >> 20} MiB, {found['events']} events, {found['rows']} rows", flush=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    judge(samples)
    checked = subprocess.run([PROGRAM, "doctor", "--database", DATABASE], capture_output=True, text=True)
    if checked.returncode != 0:
        fault(f"peerage doctor: {checked.stdout}{checked.stderr}")
    total = sum(count for name, count in statuses.items() if " " in name and name.split()[0].isupper())
    print(f"{total} requests in {MINUTES:g} minutes, {statuses}, {len(faults)} faults")
    return 1 if faults else 0


code = main()
if code == 0:
    shutil.rmtree(WORK, ignore_errors=True)
else:
    print(f"see {WORK}", file=sys.stderr)
sys.exit(code)

#!/usr/bin/env python3
"""Breaks a PostgreSQL cluster under two nodes of a registry, again and again. Started by `scripts/soak failover`.

    failover.py PROGRAM [ROUNDS] [--async]

Two PostgreSQL servers under Patroni with a synchronous standby, etcd, and haproxy as the address of the primary, all on this
machine. Each round kills the primary, stalls it, switches over, or cuts one node off from the database, while twenty writers
and four readers work. Exits with status 1 if an acknowledged change is lost or there twice, if changes of one writer are out of
order, if a reader sees a node go back, if a change waits longer than five seconds, or if the first change after a promotion
takes two seconds.

With --async, the standby is asynchronous. Each round stops the replication, lets the writers go on, and kills the primary, so the
new primary lacks acknowledged changes. Exits with status 1 if a node does not say so (in its log and in
peerage_log_forks_total), if it shows a lost change for more than three seconds after the new primary can be reached, if it loses
any other change, or if the longer log of the old primary cannot be compared and backed up.
"""
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from cluster import BIN, OWNER, WORK, Cluster, Cut, free_port, psql, start, stop_all, wait

ASYNC = "--async" in sys.argv
ARGUMENTS = [argument for argument in sys.argv[1:] if argument != "--async"]
PROGRAM = os.path.abspath(ARGUMENTS[0])
ROUNDS = int(ARGUMENTS[1]) if len(ARGUMENTS) > 1 else 50
WRITERS, READERS = 20, 4
HANG_MAX_S, FIRST_MAX_S, GHOST_MAX_S = 5.0, 2.0, 3.0
# A change that was acknowledged so shortly before the replication stopped may not have been sent.
REPLICATION_MAX_S = 0.5
faults = []


def fault(text):
    print(f"FAULT {text}", flush=True)
    faults.append(text)


class Node:
    def __init__(self, database, key_file, name):
        self.port, self.name = free_port(), name
        self.child = start([PROGRAM, "serve", "--listen", f"127.0.0.1:{self.port}", "--database", database,
                            "--server-key-file", key_file, "--rdap", "off", "--requests-per-second", "0",
                            "--writes-per-minute", "0", "--writes-per-minute-per-org", "0", "--log-format", "json"],
                           name=name)

    def ask(self, method, target, key=None, body=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Authorization": f"Api-Key {key}"} if key else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), content

    def position(self):
        """Returns the number and the beginning of the hash of the last event that the node shows."""
        _, headers, _ = self.ask("GET", "/api/net/1")
        found = re.match(r'"(\d+)-([0-9a-f]+)-', headers.get("ETag", headers.get("etag", "")))
        return (int(found[1]), found[2]) if found else (0, "")

    def forks(self):
        found = re.search(r"^peerage_log_forks_total (\d+)", self.ask("GET", "/metrics")[2].decode(), re.M)
        return int(found[1]) if found else 0

    def forks_logged(self):
        return open(f"{WORK}/{self.name}.log").read().count("has another history")


class Load:
    """Writers with a network each, and readers."""

    def __init__(self, nodes, key):
        self.nodes, self.key = nodes, key
        self.acknowledged = {writer: [] for writer in range(WRITERS)}
        self.landed_at, self.statuses, self.longest = [], {}, 0.0
        self.moments, self.windows = {}, []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in range(WRITERS)]
        self.threads += [threading.Thread(target=self.read, args=(n,)) for n in range(READERS)]
        for thread in self.threads:
            thread.start()

    def write(self, writer):
        node, number = self.nodes[writer % len(self.nodes)], 0
        while not self.stop.is_set():
            number += 1
            notes = f"w{writer}-{number}"
            body = {"org_id": 1, "name": f"Net {writer + 1}", "asn": 63000 + writer + 1,
                    "website": "https://net.example", "notes": notes}
            begun = time.monotonic()
            try:
                status, _, _ = node.ask("PUT", f"/api/net/{writer + 1}", self.key, body)
            except OSError as error:
                status = type(error).__name__
            took = time.monotonic() - begun
            self.longest = max(self.longest, took)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if took > HANG_MAX_S:
                fault(f"{notes} waited {took:.1f} s for {status}")
            if status == 200:
                self.acknowledged[writer].append(notes)
                self.landed_at.append(time.monotonic())
                self.moments[notes] = (begun, self.landed_at[-1])
            elif status not in (503, 504):
                fault(f"{notes} was answered {status}")
            self.stop.wait(0.05)

    def read(self, reader):
        node, seen = self.nodes[reader % len(self.nodes)], 0
        while not self.stop.is_set():
            try:
                status, headers, _ = node.ask("GET", "/api/net/1")
            except OSError as error:
                fault(f"a public read failed: {error}")
                continue
            at = re.match(r'"(\d+)-', headers.get("ETag", headers.get("etag", "")))
            if status != 200 or not at:
                fault(f"a public read was answered {status}")
            elif int(at[1]) < seen and not ASYNC:
                fault(f"a reader saw {at[1]} after {seen}")
            else:
                seen = int(at[1])
            self.stop.wait(0.1)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def first_after(cluster, load, old):
    """Returns the seconds from the promotion of another server to the first acknowledged change."""
    port = next(node["sql"] for name, node in cluster.nodes.items() if name != old)
    wait("a promotion", lambda: psql(port, "SELECT pg_is_in_recovery()") == "f", 90)
    promoted = time.monotonic()
    wait("haproxy finds it", lambda: psql(cluster.proxy, "SELECT pg_is_in_recovery()") == "f", 30)
    reachable = time.monotonic()
    wait("a change after it", lambda: any(at > promoted for at in load.landed_at), 30)
    landed = min(at for at in load.landed_at if at > promoted)
    return max(0.0, landed - reachable)


def break_it(kind, cluster, load, cut):
    leader = cluster.leader()
    if kind == "partition":
        cut.is_cut.set()
        time.sleep(8)
        cut.is_cut.clear()
        healed = time.monotonic()
        wait("the node writes again", lambda: any(at > healed for at in load.landed_at), 30)
        time.sleep(3)
        return None
    if kind == "kill":
        cluster.signal(leader, signal.SIGKILL)
        first = first_after(cluster, load, leader)
        cluster.begin(leader)
    elif kind == "stall":
        cluster.signal(leader, signal.SIGSTOP)
        first = first_after(cluster, load, leader)
        cluster.signal(leader, signal.SIGCONT)
    else:
        subprocess.run(["patronictl", "-c", f"{WORK}/{leader}.yml", "switchover", "--force", "peerage"],
                       capture_output=True, timeout=60, check=False)
        first = first_after(cluster, load, leader)
    return first


def is_held(port, position):
    """Whether the log of a database has an event with this number and hash."""
    number, digest = position
    return psql(port, f"SELECT left(encode(hash, 'hex'), {len(digest)}) FROM event WHERE sequence = {number}") == digest


def lose(cluster, load, nodes, key_file, keeps_longer):
    """Kills a primary whose standby lacks acknowledged changes. Returns for how long nodes show them."""
    old = cluster.leader()
    new_port = next(node["sql"] for name, node in cluster.nodes.items() if name != old)
    old_port = cluster.nodes[old]["sql"]
    before = [(node.forks(), node.forks_logged()) for node in nodes]
    for pid in (psql(old_port, "SELECT pid FROM pg_stat_replication") or "").split():
        os.kill(int(pid), signal.SIGSTOP)
    begun = time.monotonic()
    time.sleep(random.uniform(1, 2))
    killed = time.monotonic()
    cluster.signal(old, signal.SIGKILL)
    load.windows.append((begun - REPLICATION_MAX_S, time.monotonic()))
    time.sleep(0.5)
    if keeps_longer:
        shutil.copytree(f"{WORK}/{old}/data", f"{WORK}/longer", symlinks=True)
    wait("a promotion", lambda: psql(new_port, "SELECT pg_is_in_recovery()") == "f", 90)
    wait("haproxy finds it", lambda: psql(cluster.proxy, "SELECT pg_is_in_recovery()") == "f", 30)
    reachable = time.monotonic()
    shown = [node.position() for node in nodes]
    head = int(psql(new_port, "SELECT sequence FROM head"))
    ghosts, said = {}, set()
    while len(ghosts) < len(nodes) and time.monotonic() - reachable < 30:
        for node in nodes:
            if node.name not in ghosts and is_held(new_port, node.position()):
                ghosts[node.name] = time.monotonic() - reachable
            if b"log_forked" in node.ask("GET", "/readyz")[2]:
                said.add(node.name)
        time.sleep(0.02)
    lost = max(number for number, _ in shown) - head
    if lost <= 0:
        fault("the old primary had nothing that the new one lacks")
    longest = max(ghosts.values(), default=30.0) if len(ghosts) == len(nodes) else 30.0
    if longest > GHOST_MAX_S:
        fault(f"lost changes were shown for {longest:.1f} s after the new primary could be reached")
    wait("a change after it", lambda: any(at > reachable for at in load.landed_at), 30)
    for node, (forks, logged) in zip(nodes, before):
        if node.forks() <= forks or node.forks_logged() <= logged:
            fault(f"{node.name} did not say that the log has another history")
    if keeps_longer:
        longer(cluster, key_file)
    print(f"  at least {lost} events lost; gone from all nodes {longest:.2f} s after the new primary could be reached, "
          f"{reachable - killed + longest:.1f} s after the kill; {len(said)} of {len(nodes)} seen as log_forked at /readyz", flush=True)
    cluster.begin(old)
    return longest


def longer(cluster, key_file):
    """Compares the log of the old primary with that of the new one, and backs it up, as the runbook says."""
    data, port = f"{WORK}/longer", free_port()
    for name in ("standby.signal", "recovery.signal", "postmaster.pid"):
        if os.path.exists(f"{data}/{name}"):
            os.remove(f"{data}/{name}")
    if OWNER:
        subprocess.run(["chown", "-R", f"{OWNER}:{OWNER}", data], check=True)
    start([f"{BIN}/postgres", "-D", data, "-c", f"port={port}", "-c", f"unix_socket_directories={data}"], OWNER, "longer")
    wait("the old primary", lambda: psql(port, "SELECT 1") == "1")
    address = "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable"
    common = ["--database", address.format(port), "--server-key-file", key_file]

    def run(*arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300)
    compared = run("doctor", "--against", address.format(cluster.proxy), "--json", *common)
    checks = json.loads(compared.stdout)["checks"] if compared.stdout else []
    found = [finding for check in checks if check["check"] == "against" for finding in check["findings"]]
    if compared.returncode != 1 or not any("only here" in finding or "differs" in finding for finding in found):
        fault(f"doctor --against does not name the lost events: {compared.stdout[:300]} {compared.stderr[:300]}")
    others = [finding for check in checks if check["check"] != "against" for finding in check["findings"]]
    if others:
        fault(f"the longer log is damaged: {others[:3]}")
    backup = f"{WORK}/longer.backup"
    for arguments in (("backup", backup, *common), ("backup", "--verify", backup)):
        done = run(*arguments)
        if done.returncode != 0:
            fault(f"peerage {' '.join(arguments[:2])}: {done.stderr[:300]}")
    print(f"  the longer log: {len(found)} differences, backed up in {os.path.getsize(backup)} bytes", flush=True)


def check(cluster, load):
    """Compares the log with what was acknowledged."""
    rows = psql(cluster.proxy, "SELECT sequence, object, substring(after from '\"notes\": ?\"(w[0-9]+-[0-9]+)\"') "
                "FROM event WHERE resource = 'net' ORDER BY sequence", 60)
    log = {}
    for row in (rows or "").splitlines():
        _, network, notes = row.split("|")
        if notes:
            log.setdefault(int(network) - 1, []).append(notes)
    for writer, acknowledged in load.acknowledged.items():
        written = log.get(writer, [])
        numbers = [int(notes.split("-")[1]) for notes in written]
        if len(set(numbers)) != len(numbers):
            fault(f"writer {writer}: a change is there twice")
        if numbers != sorted(numbers):
            fault(f"writer {writer}: changes are out of order")
        lost = {notes for notes in set(acknowledged) - set(written)
                if not any(begin <= load.moments[notes][1] and load.moments[notes][0] <= end
                           for begin, end in load.windows)}
        if lost:
            fault(f"writer {writer}: lost {sorted(lost)[:5]}")


def fill(database, key_file):
    row = {"status": "ok", "created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z"}
    nets = [{"id": n, "org_id": 1, "name": f"Net {n}", "asn": 63000 + n, "website": "https://net.example", **row}
            for n in range(1, WRITERS + 1)]
    registry = {"org": {"data": [{"id": 1, "name": "Org 1", "website": "https://org.example", **row}]},
                "net": {"data": nets}}
    open(f"{WORK}/registry.json", "w").write(json.dumps(registry))
    common = ["--database", database, "--server-key-file", key_file, "--database-timeout-ms", "20000"]

    def run(*arguments):
        # On a busy machine, a health check of the proxy can be late, and the proxy then closes its connections.
        for _ in range(10):
            done = subprocess.run([PROGRAM, *arguments, *common], capture_output=True, text=True)
            if done.returncode == 0:
                return done.stdout
            time.sleep(1)
        raise SystemExit(f"failover: peerage {arguments[0]}: {done.stderr}")
    run("import", f"{WORK}/registry.json")
    return json.loads(run("key", "create", "--org", "1", "--name", "soak", "--email", "noc@org.example",
                          "--grant", "net=crud", "--json"))["key"]


def main():
    cluster = Cluster(ASYNC)
    cut = Cut(cluster.proxy)
    key_file = f"{WORK}/server.key"
    address = "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable"
    key = fill(address.format(cluster.proxy), key_file)
    nodes = [Node(address.format(port), key_file, f"node-{port}") for port in (cluster.proxy, cut.port)]
    for node in nodes:
        wait("a node is ready", lambda node=node: node.ask("GET", "/readyz")[0] == 200)
    load, slowest = Load(nodes, key), 0.0
    kinds = ["loss"] if ASYNC else ["kill", "switchover", "stall", "partition"]
    longest_ghost = 0.0
    try:
        for round_number in range(ROUNDS):
            kind = kinds[round_number % len(kinds)]
            time.sleep(random.uniform(1, 3))
            if kind == "loss":
                longest_ghost = max(longest_ghost, lose(cluster, load, nodes, key_file, round_number == 0))
                first = None
            else:
                first = break_it(kind, cluster, load, cut)
            if first is not None:
                slowest = max(slowest, first)
                if first > FIRST_MAX_S:
                    fault(f"round {round_number}, {kind}: the first change took {first:.1f} s")
            cluster.whole()
            told = "" if first is None else f", first change after {first:.2f} s"
            print(f"round {round_number + 1} of {ROUNDS}: {kind}{told}", flush=True)
        time.sleep(2)
    finally:
        load.end()
    for node in nodes:
        wait("a node is ready at the end", lambda node=node: node.ask("GET", "/readyz")[0] == 200)
    check(cluster, load)
    total = sum(len(notes) for notes in load.acknowledged.values())
    if ASYNC:
        print(f"{ROUNDS} primaries lost with acknowledged changes; lost changes were shown for {longest_ghost:.2f} s at most")
    print(f"{total} changes acknowledged, longest answer {load.longest:.2f} s, slowest first change {slowest:.2f} s, "
          f"statuses {load.statuses}, {len(faults)} faults")
    return 1 if faults else 0


try:
    code = main()
finally:
    stop_all()
if code == 0:
    shutil.rmtree(WORK, ignore_errors=True)
else:
    print(f"see {WORK}", file=sys.stderr)
sys.exit(code)

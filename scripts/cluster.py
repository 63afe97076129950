"""A PostgreSQL cluster under Patroni on this machine, for scripts/failover.py: processes, and a proxy that can be cut."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

WORK = tempfile.mkdtemp(prefix="peerage-failover-")
OWNER = "postgres" if os.getuid() == 0 else None
BIN = sorted(d for d in os.listdir("/usr/lib/postgresql"))[-1]
BIN = f"/usr/lib/postgresql/{BIN}/bin"
children = []


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start(command, owner=None, name="x"):
    if owner:
        command = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"] + command
    child = subprocess.Popen(command, stdout=open(f"{WORK}/{name}.log", "ab"), stderr=subprocess.STDOUT,
                             cwd=WORK, env={**os.environ, "HOME": WORK}, start_new_session=True)
    children.append(child)
    return child


def wait(what, condition, seconds=60):
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        try:
            if condition():
                return time.monotonic() - begun
        except (OSError, subprocess.SubprocessError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise SystemExit(f"failover: {what}: not within {seconds} seconds; see {WORK}")


def psql(port, statement, timeout=5):
    done = subprocess.run(["psql", f"postgres://postgres@127.0.0.1:{port}/postgres?connect_timeout=2", "-Atqc", statement],
                          capture_output=True, text=True, timeout=timeout)
    return done.stdout.strip() if done.returncode == 0 else None


class Cluster:
    """etcd, two PostgreSQL servers under Patroni, and haproxy."""

    def __init__(self, is_async):
        self.is_async = is_async
        self.etcd, peer, self.proxy = free_port(), free_port(), free_port()
        url = f"http://127.0.0.1:{self.etcd}"
        start(["etcd", "--data-dir", f"{WORK}/etcd", "--listen-client-urls", url, "--advertise-client-urls", url,
               "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--enable-v2=true"], name="etcd")
        self.nodes = {}
        for name in ("one", "two"):
            self.nodes[name] = {"sql": free_port(), "rest": free_port()}
            self.write(name)
        if OWNER:
            shutil.chown(WORK, OWNER)
        os.chmod(WORK, 0o755)
        wait("etcd", lambda: socket.create_connection(("127.0.0.1", self.etcd), 1))
        for name in self.nodes:
            self.begin(name)
        wait("a primary", self.leader)
        self.whole()
        servers = "\n".join(f"  server {name} 127.0.0.1:{node['sql']} check port {node['rest']}"
                            for name, node in self.nodes.items())
        open(f"{WORK}/haproxy.cfg", "w").write(f"""
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
listen primary
  bind 127.0.0.1:{self.proxy}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 500ms fastinter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
{servers}
""")
        start(["haproxy", "-f", f"{WORK}/haproxy.cfg"], name="haproxy")
        wait("haproxy", lambda: psql(self.proxy, "SELECT 1") == "1")

    def write(self, name):
        node, data = self.nodes[name], f"{WORK}/{name}"
        os.makedirs(data, mode=0o700, exist_ok=True)
        if OWNER:
            shutil.chown(data, OWNER, OWNER)
        config = {
            "scope": "peerage", "name": name,
            "restapi": {"listen": f"127.0.0.1:{node['rest']}", "connect_address": f"127.0.0.1:{node['rest']}"},
            "etcd": {"host": f"127.0.0.1:{self.etcd}"},
            "bootstrap": {
                "dcs": {"ttl": 10, "loop_wait": 2, "retry_timeout": 3,
                        "maximum_lag_on_failover": 1 << 30 if self.is_async else 0,
                        "synchronous_mode": not self.is_async,
                        "postgresql": {"use_pg_rewind": True, "parameters": {"max_connections": 60,
                                       "wal_keep_size": "256MB", "synchronous_commit": "on"}}},
                "initdb": [{"encoding": "UTF8"}, "data-checksums", {"auth": "trust"}],
                "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]},
            "postgresql": {
                "listen": f"127.0.0.1:{node['sql']}", "connect_address": f"127.0.0.1:{node['sql']}",
                "data_dir": f"{data}/data", "bin_dir": BIN, "pgpass": f"{data}/pgpass",
                "authentication": {"superuser": {"username": "postgres"}, "replication": {"username": "postgres"},
                                   "rewind": {"username": "postgres"}},
                "parameters": {"unix_socket_directories": data}},
        }
        open(f"{WORK}/{name}.yml", "w").write(json.dumps(config))

    def begin(self, name):
        self.nodes[name]["child"] = start(["patroni", f"{WORK}/{name}.yml"], OWNER, name)

    def is_named(self, name, role):
        """Whether Patroni says that a server has a role. Only a standby that it knows as synchronous can be promoted."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.nodes[name]["rest"], timeout=1)
            connection.request("GET", f"/{role}")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def leader(self):
        return next((name for name in self.nodes if self.is_named(name, "primary")), None)

    def processes(self, name):
        """Returns Patroni and the server with all its children."""
        data = f"{WORK}/{name}/data"
        found = [self.nodes[name]["child"].pid]
        try:
            postmaster = int(open(f"{data}/postmaster.pid").readline())
        except (OSError, ValueError):
            return found
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True).stdout
        return found + [postmaster] + [int(pid) for pid in listed.split()]

    def signal(self, name, number):
        for pid in self.processes(name):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def whole(self):
        """Waits until there is a primary with a standby that follows it."""
        def streams():
            leader = self.leader()
            if not self.is_async or not leader:
                return leader and any(self.is_named(name, "sync") for name in self.nodes)
            return psql(self.nodes[leader]["sql"],
                        "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name IN ('one', 'two')"
                        ) == "1"
        wait("the cluster is whole", streams, 180)


class Cut:
    """A proxy that can stop forwarding: a partition between one node and the database."""

    def __init__(self, to):
        self.to, self.is_cut = to, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.to), 2)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            lost = threading.Event()
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.forward, args=(*pair, lost), daemon=True).start()

    def forward(self, source, target, lost):
        try:
            while piece := source.recv(1 << 16):
                if self.is_cut.is_set():
                    lost.set()
                if not lost.is_set():
                    target.sendall(piece)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def stop_all():
    """Ends all processes, also stopped ones and servers that Patroni has started."""
    for child in reversed(children):
        try:
            os.killpg(child.pid, signal.SIGCONT)
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for name in ("one", "two"):
        try:
            os.kill(int(open(f"{WORK}/{name}/data/postmaster.pid").readline()), signal.SIGQUIT)
        except (OSError, ValueError):
            pass

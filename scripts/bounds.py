#!/usr/bin/env python3
"""Sends the most expensive known requests to a server and measures the CPU time of each. Started by `scripts/soak bounds`.

    bounds.py PROGRAM DATABASE [--quick]

DATABASE has a registry of real size (benches/scale/generate.py). Exits with status 1 if a request exceeds its limit, or
if probes wait while 64 clients send the most expensive requests.
"""
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time

QUERY_BYTES = 32 * 1024 - 64
CPU_MS = 50  # in addition to the returned bytes
NS_A_BYTE = 40  # limit for writing, copying and sending a byte
PROBE_MS = 20
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, program, database):
        self.child = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--database", database, "--requests-per-second", "0",
             "--refusals-per-minute", "0", "--writes-per-minute", "0", "--pages-per-minute", "0"],
            stdout=subprocess.PIPE, text=True)
        for line in self.child.stdout:
            if "http://" in line:
                self.host, port = line.split("http://")[1].split("/")[0].strip().split(":")
                self.port = int(port)
            if "Ctrl-C" in line:
                break
        threading.Thread(target=lambda: [None for _ in self.child.stdout], daemon=True).start()
        while self.ask("/readyz")[0] != 200:
            time.sleep(0.1)

    def cpu_ms(self):
        fields = open(f"/proc/{self.child.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * TICK_MS

    def ask(self, target, method="GET", body=b"", headers=()):
        """Returns the status and the number of bytes of the body."""
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        if body or method not in ("GET", "HEAD"):
            head += f"Content-Length: {len(body)}\r\n"
        with socket.create_connection((self.host, self.port)) as stream:
            stream.settimeout(120)
            try:
                stream.sendall(head.encode() + b"\r\n" + body)
            except OSError:
                pass
            status, count = b"", 0
            while True:
                piece = stream.recv(1 << 20)
                if not piece:
                    break
                status = status or piece[:12]
                count += len(piece)
        return int(status[9:12] or 0), count


def repeated(head, item):
    return (head + item * ((QUERY_BYTES - len(head)) // len(item))).rstrip(",+")


def different(head, form="v{}", start=0):
    out = [head]
    size = len(head)
    for at in itertools.count(start):
        item = form.format(at) + ","
        if size + len(item) > QUERY_BYTES:
            return "".join(out).rstrip(",")
        out.append(item)
        size += len(item)


def requests(schema, quick):
    """Yields name and target; each is about as expensive as its kind can be."""
    tags = ("net", "netixlan", "fac", "org") if quick else list(schema)
    for tag in tags:
        base = f"/api/{tag}?limit=1&"
        fields = schema[tag]
        chosen = [name for name in fields if name in ("notes", "name", "id", "asn", "info_types", "latitude", "speed")]
        for name in chosen if quick else fields:
            yield f"{tag} {name}__in same", repeated(f"{base}{name}__in=", "q,")
            yield f"{tag} {name}__in same numbers", repeated(f"{base}{name}__in=", "7,")
            yield f"{tag} {name}__in texts", different(f"{base}{name}__in=")
            yield f"{tag} {name}__in numbers", different(f"{base}{name}__in=", "{}", 1)
            for operator in ("__contains", "__startswith", "__lt", "__gt", ""):
                yield f"{tag} {name}{operator}", f"{base}{name}{operator}=e&since=1"
        texts = [f"{name}{operator}=e" for name in fields for operator in ("__contains", "__startswith", "__gt", "__lt", "")]
        for count in (10, 50, 95):
            yield f"{tag} {count} filters", f"{base}since=1&" + "&".join(texts[:count])
        passing = [f"{name}__contains=" for name in fields]
        yield f"{tag} filters that all pass", f"{base}since=1&" + "&".join(passing[:95])
        for relation in ("org", "net", "fac", "ix", "poc_set", "netixlan_set", "netfac_set", "ixlan_set"):
            inner = schema.get(relation.removesuffix("_set"), [])
            parts = [f"{relation}__{name}{operator}=e" for name in inner for operator in ("__contains", "__startswith", "")]
            yield f"{tag} over {relation}", f"{base}" + "&".join(parts[:95])
            parts = [f"{relation}__{name}__contains=" for name in inner]
            yield f"{tag} over {relation}, all pass", f"{base}" + "&".join(parts[:95])
        yield f"{tag} fields", repeated(f"/api/{tag}?since=1&fields=", "id,")
        yield f"{tag} fields, all", f"/api/{tag}?since=1&fields=" + ",".join(fields)
        yield f"{tag} since", f"/api/{tag}?since=1"
        yield f"{tag} since, one", f"/api/{tag}?since=1&limit=1"
        yield f"{tag} last page", f"/api/{tag}?page=last"
        yield f"{tag} last page since", f"/api/{tag}?page=last&since=1"
        yield f"{tag} pretty", f"/api/{tag}?pretty&limit=2000"
        for depth in (1, 2, 3):
            yield f"{tag} depth {depth}", f"/api/{tag}?depth={depth}&since=1"
            yield f"{tag} dump {depth}", f"/dumps/{tag}-{depth}.json"
        yield f"{tag} object depth 4", f"/api/{tag}/1?depth=4"
        yield f"{tag} name_search", f"/api/{tag}?limit=1&name_search=" + "+".join("aeiourstnlmdgcbp")
        yield f"{tag} name_search long", repeated(f"/api/{tag}?limit=1&name_search=", "e")
    for tag in ("fac", "ix"):
        for name in ("all_net", "not_net", "org_present", "org_not_present"):
            yield f"{tag} {name} same", repeated(f"/api/{tag}?limit=1&{name}=", "1,")
            yield f"{tag} {name}", different(f"/api/{tag}?limit=1&{name}=", "{}", 1)
        yield f"{tag} asn_overlap", f"/api/{tag}?limit=1&asn_overlap=" + ",".join(["1"] * 25)
    capacity = [f"capacity{operator}=1" for operator in ("", "__lt", "__lte", "__gt", "__gte", "__contains", "__startswith")]
    yield "ix capacity", "/api/ix?limit=1&" + "&".join(capacity)
    yield "ix capacity__in", different("/api/ix?limit=1&capacity__in=", "{}", 1)
    yield "net relations", "/api/net?limit=1&" + "&".join(
        f"{relation}__notes__contains=e" for relation in ("ix", "ixlan", "netixlan", "netfac", "fac"))
    yield "ixpfx whereis", "/api/ixpfx?whereis=185.1.0.1"
    yield "ixlan ix__notes", "/api/netixlan?limit=1&ix__notes__contains=e&name__contains=e"
    yield "as_set", "/api/as_set"
    yield "as_set one", "/api/as_set/64500"
    yield "api index", "/api/"
    yield "openapi", "/api/schema"
    yield "api_search same", repeated("/api_search?q=", "a+")
    yield "api_search", "/api_search?q=" + "+".join("aeiourstnlmdgcbp")
    yield "api_search long", repeated("/api_search?q=", "e")
    for tag in ("net", "fac", "ix", "org", "carrier", "campus"):
        for form in ("json", "json-pretty", "csv", "kmz"):
            yield f"export {tag} {form}", f"/export/advanced-search/{tag}/{form}?limit=500"
        yield f"export {tag} filters", repeated(f"/export/advanced-search/{tag}/csv?limit=1&notes__in=", "q,")
    for kind in ("facilities", "exchanges"):
        asns = ",".join(str(asn) for asn in range(1, 101))
        yield f"connectivity {kind}", f"/export/advanced-search/asn_connectivity/json?connectivity_type={kind}&asn_list={asns}"
        yield f"connectivity {kind} same", repeated(
            f"/export/advanced-search/asn_connectivity/json?connectivity_type={kind}&asn_list=", "1,")
    yield "kmz", "/export/kmz/"
    for ix in (1, 2, 3):
        yield f"member list {ix}", f"/export/ix/{ix}/ixp-member-list?pretty"
    for name in ("countries", "countries_b", "enum/TRAFFIC", "locales", "sponsors", "asns?id=1", "my_organizations",
                 "organizations", "campus_facilities"):
        yield f"data {name}", f"/data/{name}"
    for page in ("", "apidocs/", "register", "reset-password", "username-retrieve", "account/login/", "account/recover/",
                 "staff/users?q=e", "org/1/manage", "oauth2/authorize/", "healthz", "readyz", "metrics",
                 ".well-known/openid-configuration", ".well-known/jwks.json", "oauth2/userinfo/"):
        yield f"page /{page}", repeated(f"/{page}{'&' if '?' in page else '?'}x=", "e")


def bodies():
    """Yields bodies of 32 KiB: deep, wide, and long lists."""
    size = 32 * 1024
    deep = b'{"a":' * (size // 6)
    yield "deep JSON", deep + b"1" + b"}" * (size // 6), "application/json"
    yield "deep list", b"[" * size, "application/json"
    yield "many members", json.dumps({f"k{at}": at for at in range(2200)}).encode(), "application/json"
    yield "long list", json.dumps({"info_types": ["NSP"] * 4000, "asn": 1}).encode(), "application/json"
    yield "social media", json.dumps({"social_media": [{"service": "x", "identifier": "y"}] * 700}).encode(), "application/json"
    yield "long number", b'{"asn": ' + b"9" * size + b"}", "application/json"
    yield "form", b"a=1&" * (size // 4), "application/x-www-form-urlencoded"
    yield "wide form", b"&".join(b"k%d=1" % at for at in range(3000)), "application/x-www-form-urlencoded"
    yield "multipart", b"--x\r\n" * (size // 5), "multipart/form-data; boundary=x"


POSTS = ("/api/net", "/api/keys/report", "/api/keys/confirm", "/api/user/keys", "/api/org/1/keys", "/api/ix/1/request_ixf_import",
         "/oauth2/token/", "/oauth2/introspect/", "/account/login/", "/register", "/reset-password",
         "/security_keys/request_authentication", "/org_admin/manage_key/add")


def measure(server, rounds, target, method="GET", body=b"", headers=()):
    separator = "&" if "?" in target else "?"
    server.ask(target, method, body, headers)  # what is computed once and cached does not count
    before = server.cpu_ms()
    for number in range(rounds):
        # Another request each time, so that no cached answer is measured.
        status, count = server.ask(f"{target}{separator}_{number}=1" if method == "GET" else target, method, body, headers)
    return status, count, (server.cpu_ms() - before) / rounds


def probes(server, worst):
    """Returns milliseconds of probes while 64 clients send the most expensive requests."""
    stop = threading.Event()

    def client(number):
        for at in itertools.count(number):
            if stop.is_set():
                return
            try:
                server.ask(worst[at % len(worst)])
            except OSError:
                pass

    clients = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(64)]
    for one in clients:
        one.start()
    time.sleep(1)
    took = []
    for _ in range(100):
        for probe in ("/healthz", "/metrics"):
            begun = time.monotonic()
            server.ask(probe)
            took.append((time.monotonic() - begun) * 1000)
        time.sleep(0.02)
    stop.set()
    for one in clients:
        one.join(timeout=60)
    return sorted(took)


def over(result):
    return result[4] - result[3] * NS_A_BYTE / 1e6


def show_if_heavy(result):
    """Prints immediately what costs more than half of the limit."""
    if over(result) > CPU_MS / 2:
        print(f"{result[4]:8.1f} {over(result):12.1f} {result[3]:10} {result[2]:6}  {result[0]}", flush=True)


def main():
    program, database = sys.argv[1:3]
    quick = "--quick" in sys.argv
    rounds = 2 if quick else 4
    server = Server(program, database)
    failed = False
    try:
        tags = "org net fac ix ixlan ixpfx netixlan netfac ixfac poc carrier carrierfac campus".split()
        schema = {}
        for tag in tags:
            output = subprocess.run(["curl", "-s", f"http://{server.host}:{server.port}/api/{tag}?limit=1"],
                                    capture_output=True, check=True).stdout
            schema[tag] = list((json.loads(output)["data"] or [{"id": 1}])[0])
        results = []
        for name, target in requests(schema, quick):
            results.append((name, target, *measure(server, rounds, target)))
            show_if_heavy(results[-1])
        for path in POSTS:
            for name, body, kind in bodies():
                got = measure(server, rounds, path, "POST", body, [("Content-Type", kind)])
                results.append((f"POST {path}, {name}", path, *got))
        results.sort(key=over, reverse=True)
        print(f"\n{'CPU ms':>8} {'beyond bytes':>12} {'bytes':>10} status  request")
        for result in results[:40]:
            name, target, status, count, ms = result
            print(f"{ms:8.1f} {over(result):12.1f} {count:10} {status:6}  {name}")
        wrong = [result for result in results if result[2] >= 500 or result[2] == 0]
        for result in wrong:
            print(f"{result[0]}: answered {result[2]}")
        failed = bool(wrong) or over(results[0]) > CPU_MS
        heaviest = [result[1] for result in results if result[1].startswith("/api/") and result[2] != 404][:16]
        took = probes(server, heaviest)
        median, most = took[len(took) // 2], took[int(len(took) * 0.95)]
        print(f"{len(results)} requests; probes next to 64 of the most expensive: median {median:.1f} ms, 95 of 100 within {most:.1f} ms")
        failed = failed or most > PROBE_MS
    finally:
        server.child.terminate()
        server.child.wait()
    sys.exit(1 if failed else 0)


main()

#!/usr/bin/env python3
"""Makes contacts and connections be as a file says.

    python3 ensure.py wanted.json            tells what would change, and changes nothing
    python3 ensure.py wanted.json --apply    changes it; a second time there is nothing to do

A contact is known by network, role and mail address, a connection by network, LAN and addresses. What the file does not
name is left alone. The plan is the registry's own: it is asked with ?dry_run=1, so that it refuses now what it would
refuse later. Each item of the file is reported on a line of its own: `+` added, `~` changed, `=` as wanted already, `!`
refused, and why; one that is refused does not keep the others from being done. Exit status: 0 all is as wanted; 2
something would change; 1 something was refused.

wanted.json fits the registry that `peerage serve --demo` begins with.
"""

import argparse
import json
import sys

from registry import Refused, Registry

KNOWN_BY = {"poc": ["net_id", "role", "email"], "netixlan": ["net_id", "ixlan_id", "ipaddr4", "ipaddr6"]}
# Sent with every change, since the registry asks for them.
REQUIRED = {
    "poc": ["net_id", "role", "visible", "email", "phone"],
    "netixlan": ["net_id", "ixlan_id", "speed", "ipaddr4", "ipaddr6", "asn"],
}


def same(one, other):
    """An address that is not there is null in answers and an empty text in what is sent."""
    return (one or "") == (other or "") if not isinstance(one, (bool, int)) else one == other


def find(registry, kind, wanted):
    rows = registry.attempt("GET", kind, params={"net_id": wanted["net_id"], "depth": 0})["data"]
    known_by = KNOWN_BY[kind]
    return next((row for row in rows if all(same(row.get(key), wanted.get(key)) for key in known_by)), None)


def ensure(registry, kind, wanted, parameters):
    """One object: what was or would be done, as a sign and a text."""
    if kind == "netixlan":
        wanted = {"ipaddr4": "", "ipaddr6": "", **wanted}
    name = f"{kind} {', '.join(str(wanted[key]) for key in KNOWN_BY[kind] if wanted.get(key))}"
    try:
        row = find(registry, kind, wanted)
        if row is None:
            registry.attempt("POST", kind, json=wanted, params=parameters)
            return "+", name
        changed = {key: value for key, value in wanted.items() if not same(row.get(key), value)}
        if not changed:
            return "=", name
        body = {key: row.get(key) if row.get(key) is not None else "" for key in REQUIRED[kind]}
        registry.attempt("PUT", f"{kind}/{row['id']}", json={**body, **wanted}, params=parameters)
        return "~", f"{name}: " + ", ".join(f"{key} {row.get(key)!r} -> {value!r}" for key, value in changed.items())
    except Refused as refused:
        return "!", f"{name}: {refused}"


def main():
    arguments = argparse.ArgumentParser(description="Makes contacts and connections be as a file says.")
    arguments.add_argument("file")
    arguments.add_argument("--apply", action="store_true")
    asked = arguments.parse_args()
    with open(asked.file, encoding="utf-8") as file:
        wanted = json.load(file)
    registry = Registry()
    parameters = {} if asked.apply else {"dry_run": 1}
    signs = set()
    for kind in KNOWN_BY:
        for item in wanted.get(kind, []):
            sign, text = ensure(registry, kind, item, parameters)
            print(sign, text, flush=True)
            signs.add(sign)
    if "!" in signs:
        sys.exit(1)
    if signs & {"+", "~"} and not asked.apply:
        sys.exit(2)


if __name__ == "__main__":
    main()

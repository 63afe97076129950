#!/usr/bin/env python3
"""Finds networks to peer with: who is where we are, and has no session with us yet.

    python3 find_peers.py ASN [--sessions FILE]      FILE: AS numbers with which there is a session, one a line

Prints a table (CSV): AS number, name, policy, exchanges in common, contacts. With a key also contacts that are shown to
users are found.
"""

import argparse
import csv
import sys
from collections import defaultdict

from registry import Registry, fail

ROLES = "Policy,NOC,Technical"
# Numbers in one question: addresses of requests have a bound.
AT_ONCE = 150


def in_parts(registry, path, name, values, **parameters):
    values = sorted(values)
    for begin in range(0, len(values), AT_ONCE):
        part = ",".join(str(value) for value in values[begin : begin + AT_ONCE])
        yield from registry.get(path, **{f"{name}__in": part}, **parameters)


def main():
    arguments = argparse.ArgumentParser(description="Finds networks to peer with.")
    arguments.add_argument("asn", type=int)
    arguments.add_argument("--sessions", help="file with AS numbers, one a line")
    asked = arguments.parse_args()
    known = {asked.asn}
    if asked.sessions:
        with open(asked.sessions, encoding="ascii") as file:
            known |= {int(line) for line in file if line.strip()}
    registry = Registry()
    ours = {port["ix_id"]: port["name"] for port in registry.get("netixlan", asn=asked.asn)}
    if not ours:
        fail(f"AS{asked.asn} is at no exchange")
    common = defaultdict(set)
    for port in in_parts(registry, "netixlan", "ix_id", ours):
        if port["asn"] not in known:
            common[port["net_id"]].add(port["ix_id"])
    contacts = defaultdict(list)
    for contact in in_parts(registry, "poc", "net_id", common, role__in=ROLES):
        if contact["email"]:
            contacts[contact["net_id"]].append(f"{contact['role']} {contact['email']}")
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["asn", "name", "policy", "exchanges", "contacts"])
    for net in sorted(in_parts(registry, "net", "id", common), key=lambda net: net["asn"]):
        exchanges = sorted(ours[ix] for ix in common[net["id"]])
        out.writerow([net["asn"], net["name"], net["policy_general"], "; ".join(exchanges), "; ".join(contacts[net["id"]])])


if __name__ == "__main__":
    main()

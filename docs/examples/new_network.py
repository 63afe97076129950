#!/usr/bin/env python3
"""Registers a network: python3 new_network.py ORGANIZATION ASN NAME

A network shows its organization's website where it has none of its own, but a new one has to say one: the
organization's is as good as any.
"""

import argparse

from registry import Registry, fail


def main():
    arguments = argparse.ArgumentParser(description="Registers a network of an organization.")
    arguments.add_argument("org_id", type=int)
    arguments.add_argument("asn")
    arguments.add_argument("name")
    arguments.add_argument("--website", help="otherwise the organization's")
    arguments.add_argument("--dry-run", action="store_true", help="only tell what would be stored")
    asked = arguments.parse_args()
    registry = Registry()
    website = asked.website or registry.one(f"org/{asked.org_id}", depth=0)["website"]
    if not website:
        fail("neither the network nor its organization has a website")
    body = {"org_id": asked.org_id, "asn": asked.asn, "name": asked.name, "website": website}
    parameters = {"dry_run": 1} if asked.dry_run else {}
    row = registry.call("POST", "net", json=body, params=parameters)["data"][0]
    print(f"{'would be' if asked.dry_run else 'is'} net {row['id']}: AS{row['asn']} {row['name']}, {row['website']}")


if __name__ == "__main__":
    main()

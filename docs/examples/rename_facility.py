#!/usr/bin/env python3
"""Renames a facility: python3 rename_facility.py [--form] ID NAME"""

import argparse

from registry import Registry


def main():
    arguments = argparse.ArgumentParser(description="Renames a facility.")
    arguments.add_argument("--form", action="store_true", help="send a form, as requests.put(url, data=...) does")
    arguments.add_argument("id", type=int)
    arguments.add_argument("name")
    asked = arguments.parse_args()
    registry = Registry()
    row = registry.one(f"fac/{asked.id}", depth=0)
    before, row["name"] = row["name"], asked.name
    if asked.form:
        # A form holds texts; lists and what is empty stay as they are.
        data = {key: value for key, value in row.items() if value is not None and not isinstance(value, (list, dict))}
        after = registry.call("PUT", f"fac/{asked.id}", data=data)
    else:
        after = registry.call("PUT", f"fac/{asked.id}", json=row)
    print(f"{before} is now {after['data'][0]['name']}")


if __name__ == "__main__":
    main()

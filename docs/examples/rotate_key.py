#!/usr/bin/env python3
"""Gives the key in PEERAGE_KEY_FILE a new secret; for cron.

    17 4 1 * *  PEERAGE_URL=https://registry.example PEERAGE_KEY_FILE=/etc/peerage/key python3 rotate_key.py

The key has to be one that may rotate itself. The old secret works on for --overlap hours, so that programs which read the
file now and then never meet a closed door, and so that nothing is lost if this program is stopped at any moment: run it
again. The file is replaced as a whole, after the new secret was tried.
"""

import argparse
import os
import tempfile

from registry import Registry, fail, key_file, read_key


def replace(path, text):
    """Writes a file that only its owner reads, and puts it in the old one's place at once."""
    folder = os.path.dirname(os.path.abspath(path))
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".key-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    # The new name is on the disk when its folder is.
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def main():
    arguments = argparse.ArgumentParser(description="Gives the key in PEERAGE_KEY_FILE a new secret.")
    arguments.add_argument("--overlap", type=int, default=24, help="hours for which the old secret works on")
    asked = arguments.parse_args()
    path, old = key_file(), Registry(read_key())
    key = old.one("whoami")["key"]
    owner = f"org/{key['org_id']}" if key["kind"] == "org" else "user"
    fresh = old.call("POST", f"{owner}/keys/{key['id']}/rotate", json={"overlap_hours": asked.overlap})["data"][0]["key"]
    if Registry(fresh).one("whoami")["key"]["id"] != key["id"]:
        fail("the new secret is another key's; the file is left as it was")
    replace(path, fresh)
    if asked.overlap and old.one("whoami")["key"]["id"] != key["id"]:
        fail("the old secret does not work on")
    print(f"key {key['id']} has a new secret; the old one works for {asked.overlap} hours")


if __name__ == "__main__":
    main()

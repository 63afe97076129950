"""Where the registry is, and by which key it is asked. Used by the other examples.

The address stands in PEERAGE_URL, the key in the file that PEERAGE_KEY_FILE names or, second best, in PEERAGE_KEY. It is
never an argument: arguments stand in the list of processes and in the history of the shell.
"""

import os
import sys

try:
    import requests
except ImportError:
    sys.exit("The Python package requests is missing: python3 -m pip install requests")


def fail(text):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {text}")


def key_file():
    return os.environ.get("PEERAGE_KEY_FILE") or fail("PEERAGE_KEY_FILE names no file")


def read_key():
    if os.environ.get("PEERAGE_KEY_FILE"):
        with open(key_file(), encoding="ascii") as file:
            return file.read().strip()
    return os.environ.get("PEERAGE_KEY", "").strip()


class Registry:
    """Asks and changes; what is refused ends the program with what the registry said."""

    def __init__(self, key=None):
        self.url = os.environ.get("PEERAGE_URL", "http://127.0.0.1:8300").rstrip("/")
        self.session = requests.Session()
        key = read_key() if key is None else key
        if key:
            self.session.headers["Authorization"] = f"Api-Key {key}"

    def call(self, method, path, **options):
        answer = self.session.request(method, f"{self.url}/api/{path}", timeout=30, **options)
        if not answer.ok:
            fail(f"{method} {path}: {answer.status_code} {answer.text.strip()}")
        return answer.json() if answer.content else {"data": []}

    def get(self, path, **parameters):
        return self.call("GET", path, params=parameters)["data"]

    def one(self, path, **parameters):
        return self.get(path, **parameters)[0]

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


class Refused(Exception):
    """What the registry did not do, and why."""


def reason(answer):
    """Why the registry refused: each field with its complaints, or the error as a whole."""
    try:
        body = answer.json()
    except ValueError:
        # Some refusals have no body: the right is missing.
        return f"{answer.status_code} {answer.reason}"
    fields = {name: told for name, told in body.items() if name not in ("meta", "data", "message")}
    told = [f"{name}: {' '.join(map(str, text)) if isinstance(text, list) else text}" for name, text in fields.items()]
    return f"{answer.status_code} {'; '.join(told) or body.get('meta', {}).get('error', answer.reason)}"


class Registry:
    """Asks and changes. `attempt` raises what is refused; `call`, `get` and `one` end the program with it."""

    def __init__(self, key=None):
        self.url = os.environ.get("PEERAGE_URL", "http://127.0.0.1:8300").rstrip("/")
        self.session = requests.Session()
        key = read_key() if key is None else key
        if key:
            self.session.headers["Authorization"] = f"Api-Key {key}"

    def attempt(self, method, path, **options):
        try:
            answer = self.session.request(method, f"{self.url}/api/{path}", timeout=30, **options)
        except requests.RequestException as error:
            fail(f"{method} {path}: {error}")
        if not answer.ok:
            raise Refused(reason(answer))
        return answer.json() if answer.content else {"data": []}

    def call(self, method, path, **options):
        try:
            return self.attempt(method, path, **options)
        except Refused as refused:
            fail(f"{method} {path}: {refused}")

    def get(self, path, **parameters):
        return self.call("GET", path, params=parameters)["data"]

    def one(self, path, **parameters):
        return self.get(path, **parameters)[0]

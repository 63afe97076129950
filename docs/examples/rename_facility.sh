#!/usr/bin/env bash
# Renames a facility, twice: by a form and by JSON.
#
#     PEERAGE_KEY_FILE=~/.peerage-key ./rename_facility.sh 42 "New name"
set -euo pipefail
url=${PEERAGE_URL:-http://127.0.0.1:8300}/api/fac/${1:?an id}
name=${2:?a name}
# The key reaches curl through a file descriptor: arguments can be read by everybody on the machine.
authorization() { printf 'Authorization: Api-Key %s\n' "$(cat "${PEERAGE_KEY_FILE:?a file with the key}")"; }
ask() { curl --silent --show-error --fail-with-body --header @<(authorization) "$@"; }

# Reading: one row, without the organization around it.
row=$(ask "$url?depth=0") || { printf '%s\n' "$row" >&2; exit 1; }
printf 'before: '
python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["name"])' <<< "$row"

# A form takes texts: what is required, and what would be emptied if it were left out.
python3 -c '
import json, sys, urllib.parse
row = json.load(sys.stdin)["data"][0]
keep = ["org_id", "address1", "address2", "city", "state", "country", "zipcode", "latitude", "longitude",
        "tech_phone", "sales_phone", "status_dashboard"]
form = {key: row[key] for key in keep if row.get(key) is not None}
print(urllib.parse.urlencode({**form, "name": sys.argv[1] + " (by form)"}), end="")
' "$name" <<< "$row" | ask --request PUT --data @- "$url" > /dev/null

# JSON: what GET gave may be sent back.
python3 -c '
import json, sys
row = json.load(sys.stdin)["data"][0]
print(json.dumps({**row, "name": sys.argv[1]}))
' "$name" <<< "$row" | ask --request PUT --header 'Content-Type: application/json' --data @- "$url" > /dev/null

printf 'after: '
ask "$url?depth=0" | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["name"])'

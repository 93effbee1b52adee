#!/usr/bin/env bash
# Shows calls with a password of the directory, and with a ticket instead of a password. Takes the URL of the app.
set -euo pipefail
url=${1:-http://localhost:3000}
env=${COMPANY_DATA:-$(cd "$(dirname "$0")" && pwd)/data}/company.env
set -a
# shellcheck source=/dev/null
. "$env"
KRB5CCNAME=FILE:$(mktemp)
set +a
trap 'rm -f "${KRB5CCNAME#FILE:}"' EXIT

# Prints a call as a user would type it, with its status and body, but without passwords.
call() {
  local shown="curl ${*//$ALICE_PASSWORD/\$ALICE_PASSWORD}"
  shown=${shown//$BOB_PASSWORD/\$BOB_PASSWORD}
  printf '$ %s\n' "${shown//$CAROL_PASSWORD/\$CAROL_PASSWORD}"
  curl -q -s -w '\n-> %{http_code}\n\n' "$@"
}

call -i "$url/notices"
call -u "bob:$BOB_PASSWORD" "$url/me"
call -u "bob:$BOB_PASSWORD" "$url/notices"
call -u "bob:$BOB_PASSWORD" "$url/salaries"
call -u "carol:$CAROL_PASSWORD" "$url/notices"

printf '$ kinit alice\n\n'
kinit alice <<<"$ALICE_PASSWORD" >/dev/null
call --negotiate -u : "$url/me"
call --negotiate -u : "$url/salaries"
call --negotiate -u : -X POST -H 'Content-Type: application/json' -d '{"text":"Lunch is at noon"}' "$url/notices"
call -u "alice:$ALICE_PASSWORD" "$url/notices"

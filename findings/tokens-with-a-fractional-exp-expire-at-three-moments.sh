#!/usr/bin/env bash
# One token with a fractional `exp`: three libraries treat it as expired at three different times.
#
# Expected: valid until its `exp`. RFC 7519, section 2, says of NumericDate that "non-integer values can be
#   represented", and section 4.1.4 that the token is valid before that time.
# Seen: PyJWT cuts the fraction off and refuses the token half a second early, fast-jwt is exact, and jose cuts the
#   fraction off its own clock and still accepts the token after its time. An issuer that computes `exp` from
#   milliseconds unknowingly issues these tokens; a gateway and the service behind it then disagree.
# Versions: jose 5.10.0, fast-jwt 6.3.6, PyJWT 2.6.0 (Debian 12); all clocks are injected.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
/usr/bin/python3 -c 'import jwt' 2>/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-jwt >/dev/null
npm install --silent --no-audit --no-fund jose@5.10.0 fast-jwt@6.3.6 >/dev/null

cat >by_pyjwt.py <<'PY'
import datetime
import sys

import jwt
import jwt.api_jwt

now = float(sys.argv[2])


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(now, tz)


jwt.api_jwt.datetime = Clock
try:
    jwt.decode(sys.argv[1], "a key of thirty-two bytes or more", algorithms=["HS256"])
    print("valid")
except jwt.ExpiredSignatureError:
    print("expired")
PY
node - <<'JS'
const { execFileSync } = require('node:child_process');
const { createVerifier } = require('fast-jwt');
const { jwtVerify, SignJWT } = require('jose');

const text = 'a key of thirty-two bytes or more';
const key = new TextEncoder().encode(text);
const second = 1_700_000_000;

async function said(read) {
  try {
    await read();
    return 'valid';
  } catch (error) {
    return /expired|"exp"/.test(error.message) ? 'expired' : error.message;
  }
}

async function main() {
  const token = await new SignJWT({ exp: second + 0.5 }).setProtectedHeader({ alg: 'HS256' }).sign(key);
  const rows = [];
  for (const after of [-0.25, 0.25, 0.75, 1.25]) {
    const now = second + after;
    const row = {
      PyJWT: execFileSync('/usr/bin/python3', ['by_pyjwt.py', token, String(now)], { encoding: 'utf8' }).trim(),
      'fast-jwt': await said(() => createVerifier({ key: text, clockTimestamp: now * 1000 })(token)),
      jose: await said(() => jwtVerify(token, key, { currentDate: new Date(now * 1000) })),
    };
    console.log(`exp ${second}.5, now ${now}:`, row);
    rows.push(Object.values(row).map((answer) => answer[0]).join(''));
  }
  process.exit(rows.join() === 'vvv,evv,eev,eee' ? 0 : 1);
}
main();
JS

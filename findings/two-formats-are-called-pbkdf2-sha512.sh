#!/usr/bin/env bash
# `$pbkdf2-sha512$` is the prefix of two incompatible formats.
#
# Expected: one format. The identifier is the same, both are salted PBKDF2-HMAC-SHA-512 strings of four parts, and the
#   PHC string format was designed for exchanging strings of this kind.
# Seen: passlib writes the bare number of rounds and its own base64 with `.` for `+`; @phc/pbkdf2 writes `i=1000` and
#   standard base64. Each throws at the other's string, though the derived bytes are the same: rewritten by hand, a
#   hash of one verifies with the other.
# Versions: @phc/pbkdf2 1.1.14, passlib 1.7.4 (Debian 12); passlib's page on pbkdf2_digest, the PHC string format.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
/usr/bin/python3 -c 'import passlib' 2>/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-passlib >/dev/null
npm install --silent --no-audit --no-fund @phc/pbkdf2@1.1.14 >/dev/null

cat >by_passlib.py <<'PY'
import sys
from passlib.hash import pbkdf2_sha512

if len(sys.argv) == 1:
    print(pbkdf2_sha512.using(rounds=1000).hash("correct horse"))
else:
    try:
        print(pbkdf2_sha512.verify("correct horse", sys.argv[1]))
    except ValueError as error:
        print("throws", error)
PY
node - <<'JS'
const { execFileSync } = require('node:child_process');
const phc = require('@phc/pbkdf2');

const passlib = (...hash) =>
  execFileSync('/usr/bin/python3', ['by_passlib.py', ...hash], { encoding: 'utf8' }).trim();
const verify = (hash) => phc.verify(hash, 'correct horse').catch((error) => `throws ${error.message}`);

async function main() {
  const ofPasslib = passlib();
  const ofPhc = await phc.hash('correct horse', { iterations: 1000, digest: 'sha512' });
  const rewritten = ofPasslib.replace('$1000$', '$i=1000$').replaceAll('.', '+');
  console.log(`passlib: ${ofPasslib.slice(0, 40)}...\n@phc/pbkdf2: ${ofPhc.slice(0, 40)}...`);
  const seen = {
    '@phc/pbkdf2 reads the one of passlib': await verify(ofPasslib),
    'passlib reads the one of @phc/pbkdf2': passlib(ofPhc),
    '@phc/pbkdf2 reads the one of passlib, rewritten': await verify(rewritten),
  };
  console.log(seen);
  const [first, second, third] = Object.values(seen);
  process.exit(String(first).startsWith('throws') && second.startsWith('throws') && third === true ? 0 : 1);
}
main();
JS

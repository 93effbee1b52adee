#!/usr/bin/env bash
# From 0.45 on, the npm package argon2 writes hashes that the reference implementation cannot read.
#
# Expected: $argon2id$v=19$m=...,t=...,p=...: the package calls itself "bindings to the reference Argon2" and says
#   that it formats PHC strings. The PHC string format says that parameters appear in the order in which the function
#   lists them, and Argon2 lists m, t, p.
# Seen: m, p, t. The package reads both orders, so nobody notices in Node; libsodium, which uses the reference
#   decoder, reports that the right password is wrong. 0.44.0 wrote the order that libsodium understands.
# Versions: argon2 0.45.1 and 0.44.0, sodium-native 5.0.9 (libsodium); the PHC string format's page, section
#   "Specification", and its section on Argon2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
  argon2@0.45.1 argon2-before@npm:argon2@0.44.0 sodium-native@5.0.9 >/dev/null

node - <<'JS'
const sodium = require('sodium-native');
const now = require('argon2');
const before = require('argon2-before');

const password = 'correct horse';

function readByLibsodium(hash) {
  const padded = Buffer.alloc(sodium.crypto_pwhash_STRBYTES);
  padded.write(hash);
  return sodium.crypto_pwhash_str_verify(padded, Buffer.from(password));
}

async function main() {
  const options = { memoryCost: 8192, timeCost: 2, parallelism: 1 };
  const rows = { '0.44.0': await before.hash(password, options), '0.45.1': await now.hash(password, options) };
  for (const [version, hash] of Object.entries(rows)) {
    const own = await now.verify(hash, password);
    console.log(`${version}: ${hash.split('$')[3]}; argon2 reads it: ${own}, libsodium: ${readByLibsodium(hash)}`);
  }
  const reordered = rows['0.45.1'].replace('m=8192,p=1,t=2', 'm=8192,t=2,p=1');
  console.log(`0.45.1 with its parameters put in order, libsodium: ${readByLibsodium(reordered)}`);
  const so =
    readByLibsodium(rows['0.44.0']) && !readByLibsodium(rows['0.45.1']) && readByLibsodium(reordered);
  process.exit(so ? 0 : 1);
}
main();
JS

#!/usr/bin/env bash
# The Argon2 string of secure-password is 128 characters long, 35 of them NUL, and no other library reads it.
#
# Expected: a string in the usual Argon2 format. libsodium's crypto_pwhash_str, which the package wraps, is documented
#   to write a zero-terminated string, so toString() of the result should be that string and a column that stores it
#   should be portable.
# Seen: the buffer has libsodium's full width, filled with NUL bytes, which toString() keeps. secure-password verifies
#   it; argon2 and @node-rs/argon2 throw a parse error until the NUL bytes are removed.
# Versions: secure-password 4.0.0, argon2 0.44.0, @node-rs/argon2 2.0.2; libsodium's page "The pwhash* API".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund secure-password@4.0.0 argon2@0.44.0 @node-rs/argon2@2.0.2 >/dev/null

node - <<'JS'
const SecurePassword = require('secure-password');
const readers = { argon2: require('argon2'), '@node-rs/argon2': require('@node-rs/argon2') };

async function main() {
  const policy = new SecurePassword({
    memlimit: SecurePassword.MEMLIMIT_MIN,
    opslimit: SecurePassword.OPSLIMIT_MIN,
  });
  const hash = policy.hashSync(Buffer.from('correct horse')).toString();
  const cut = hash.replace(/\0+$/, '');
  console.log(`length ${hash.length}, without the NUL bytes ${cut.length}: ${cut.slice(0, 30)}...`);
  let so = hash.length === 128 && cut.length < 100;
  for (const [name, { verify }] of Object.entries(readers)) {
    const whole = await verify(hash, 'correct horse').catch((error) => `throws "${error.message}"`);
    const trimmed = await verify(cut, 'correct horse').catch((error) => `throws "${error.message}"`);
    console.log(`${name}: as it came ${whole}; cut ${trimmed}`);
    so &&= whole !== true && trimmed === true;
  }
  process.exit(so ? 0 : 1);
}
main();
JS

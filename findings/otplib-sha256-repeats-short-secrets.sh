#!/usr/bin/env bash
# Two TOTP libraries, the same base32 secret of 10 bytes, SHA-256: different codes.
#
# Expected: one code. HMAC (RFC 2104, section 2) itself fills a short key with zero bytes, RFC 6238 gives no other
#   rule for short secrets, and otplib's README says that a secret "will be padded".
# Seen: otplib repeats the secret until it has the length of the hash, so SHA-256 and SHA-512 codes of a shorter
#   secret are right only among users of otplib. SHA-1, which never pads, hides the fault: the first account that an
#   app moves to SHA-256 is the first that cannot log in.
# Versions: otplib 12.0.1, otpauth 9.5.2. The judge is an HMAC by node:crypto.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund otplib@12.0.1 otpauth@9.5.2 >/dev/null

node - <<'JS'
const { createHmac } = require('node:crypto');
const { authenticator } = require('otplib');
const { Secret, TOTP } = require('otpauth');

const secret = 'JBSWY3DPEHPK3PXP';
const key = Buffer.from(Secret.fromBase32(secret).buffer);
const timestamp = 1_111_111_109_000;

function byHand(algorithm, bytes) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(timestamp / 30_000)));
  const mac = createHmac(algorithm, bytes).update(counter).digest();
  const code = (mac.readUInt32BE(mac[mac.length - 1] & 15) & 0x7fffffff) % 1_000_000;
  return String(code).padStart(6, '0');
}

let same = true;
for (const [algorithm, length] of [['sha1', 20], ['sha256', 32], ['sha512', 64]]) {
  const rfc = byHand(algorithm, key);
  const repeated = byHand(algorithm, Buffer.alloc(length, key));
  const otplib = authenticator.clone({ algorithm, epoch: timestamp }).generate(secret);
  const otpauth = new TOTP({ secret, algorithm: algorithm.toUpperCase() }).generate({ timestamp });
  console.log(`${algorithm}: HMAC ${rfc}, otpauth ${otpauth}, otplib ${otplib}, secret repeated ${repeated}`);
  same &&= otpauth === rfc && otplib === (algorithm === 'sha1' ? rfc : repeated) && rfc !== repeated;
}
process.exit(same ? 0 : 1);
JS

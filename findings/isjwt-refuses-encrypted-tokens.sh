#!/usr/bin/env bash
# class-validator's @IsJWT() refuses a JWT that jose made.
#
# Expected: RFC 7519, section 3: a JWT is a JWS or a JWE in compact form, so three or five parts.
# Seen: it accepts only three parts; an encrypted token, with five parts, is "not a jwt string". An action whose body
#   has @IsJWT() in front of a provider of encrypted tokens answers 400 to every client.
# Versions: class-validator 0.14.1 with validator 13.15.0, jose 5.10.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund class-validator@0.14.1 validator@13.15.0 jose@5.10.0 >/dev/null

node - <<'JS'
const { isJWT } = require('class-validator');
const { EncryptJWT, SignJWT, jwtDecrypt } = require('jose');

async function main() {
  const key = new Uint8Array(32).fill(7);
  const signed = await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'HS256' }).sign(key);
  const encrypted = await new EncryptJWT({ sub: 'alice' })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key);
  const { payload } = await jwtDecrypt(encrypted, key);
  const seen = { signed: isJWT(signed), encrypted: isJWT(encrypted) };
  console.log(`signed ${seen.signed}; encrypted (jose reads sub "${payload.sub}") ${seen.encrypted}`);
  process.exit(seen.signed && !seen.encrypted ? 0 : 1);
}
main();
JS

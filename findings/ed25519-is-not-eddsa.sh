#!/usr/bin/env bash
# One Ed25519 key, one signature, two names for the algorithm: which library reads which token.
#
# Expected: RFC 9864 (2025) introduces the name `Ed25519` for `EdDSA` with that curve, and deprecates the old name;
#   libraries that read one name should read the other too, since key and bytes are the same.
# Seen: jose signs and reads both, but does not find a published key with `alg: "EdDSA"` for a token with the name
#   Ed25519, nor a key with `alg: "Ed25519"` for a token with EdDSA. fast-jwt reads the old name only, jsonwebtoken
#   neither. An issuer that follows the RFC has to leave `alg` out of its keys, and clients with fast-jwt cannot read
#   its tokens.
# Versions: jose 6.2.18, fast-jwt 6.3.6, jsonwebtoken 9.0.2; RFC 9864, section 2.2, RFC 8037.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jose@6.2.18 fast-jwt@6.3.6 jsonwebtoken@9.0.2 >/dev/null

cat >probe.mjs <<'JS'
import { generateKeyPairSync } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: '1' };
const said = async (read) => {
  try {
    await read();
    return true;
  } catch {
    return false;
  }
};

const rows = [];
for (const alg of ['EdDSA', 'Ed25519']) {
  const token = await new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg, kid: '1' }).sign(privateKey);
  const bySet = (named) => said(() => jwtVerify(token, createLocalJWKSet({ keys: [{ ...jwk, ...named }] })));
  const row = {
    jose: await said(() => jwtVerify(token, publicKey)),
    'jose, key without alg': await bySet({}),
    'jose, key with alg EdDSA': await bySet({ alg: 'EdDSA' }),
    'jose, key with alg Ed25519': await bySet({ alg: 'Ed25519' }),
    'fast-jwt': await said(() => createVerifier({ key: pem })(token)),
    jsonwebtoken: await said(() => jsonwebtoken.verify(token, pem)),
  };
  console.log(`token with alg ${alg}:`, row);
  rows.push(Object.values(row).map(Number).join(''));
}
process.exit(rows.join() === '111010,110100' ? 0 : 1);
JS
node probe.mjs

#!/usr/bin/env bash
# One key of a type that node-jose does not know makes the whole key set of an issuer unreadable.
#
# Expected: the RSA key is found. RFC 7517, section 5: implementations "SHOULD ignore JWKs within a JWK Set that use
#   kty values that are not understood".
# Seen: asKeyStore() rejects the set with "unsupported key type". When an issuer adds a post-quantum (AKP) or an
#   X25519 key, every login of apps that use node-jose fails, though the tokens are signed as before. jose and
#   jwks-rsa return the RSA key.
# Versions: node-jose 2.2.0, jose 5.10.0, jwks-rsa 4.1.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-jose@2.2.0 jose@5.10.0 jwks-rsa@4.1.0 >/dev/null

node - <<'JS'
const { generateKeyPairSync } = require('node:crypto');
const { createServer } = require('node:http');
const { createLocalJWKSet } = require('jose');
const jwksRsa = require('jwks-rsa');
const { JWK } = require('node-jose');

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = { ...publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' };
const { publicKey: agreement } = generateKeyPairSync('x25519');
const sets = {
  'RSA alone': { keys: [rsa] },
  'RSA and X25519': { keys: [rsa, { ...agreement.export({ format: 'jwk' }), kid: 'x', use: 'enc' }] },
  'RSA and AKP': { keys: [rsa, { kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq', use: 'sig', pub: 'AAAA' }] },
};

async function main() {
  let current;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(current));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const jwksUri = `http://127.0.0.1:${server.address().port}/keys`;
  const said = (key) => key.then((found) => (found ? 'found' : 'missing'), (error) => error.message);
  let so = true;
  for (const [name, set] of Object.entries(sets)) {
    current = set;
    const seen = {
      jose: await said(createLocalJWKSet(set)({ alg: 'RS256', kid: 'rsa' })),
      'jwks-rsa': await said(jwksRsa({ jwksUri }).getSigningKey('rsa')),
      'node-jose': await said(JWK.asKeyStore(set).then((store) => store.get('rsa'))),
    };
    console.log(name, seen);
    so &&= seen.jose === 'found' && seen['jwks-rsa'] === 'found';
    so &&= seen['node-jose'] === (name === 'RSA alone' ? 'found' : 'unsupported key type');
  }
  process.exit(so ? 0 : 1);
}
main();
JS

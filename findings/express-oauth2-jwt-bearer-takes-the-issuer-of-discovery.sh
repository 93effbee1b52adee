#!/usr/bin/env bash
# express-oauth2-jwt-bearer holds tokens against the issuer that discovery states, not against issuerBaseURL.
#
# Expected: tokens whose iss is the issuerBaseURL of the options count. OpenID Connect Discovery 1.0 section 4.3 and RFC
#   8414 section 3.3 say that the issuer of the document must be identical to the one that was asked, or the document must
#   not be used; so a slash too many is an error at the first request, with both spellings.
# Seen: the document is used, and its issuer replaces the one of the options. A token that is right by the options is 401
#   "Unexpected 'iss' value", one of the other spelling is let in, and nothing tells the developer of the difference.
# Versions: express-oauth2-jwt-bearer 1.6.1, express 5.1.0, jose 6.2.18.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund express-oauth2-jwt-bearer@1.6.1 express@5.1.0 jose@6.2.18 >/dev/null

cat >ask.mjs <<'JS'
import http from 'node:http';
import express from 'express';
import bearer from 'express-oauth2-jwt-bearer';
import * as jose from 'jose';

const { privateKey, publicKey } = await jose.generateKeyPair('RS256');
const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'k', alg: 'RS256' };
const listen = async (handler) => {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}` };
};
const issuer = await listen((request, response) => {
  const document = { issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/keys`, id_token_signing_alg_values_supported: ['RS256'] };
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : document));
});
const app = express();
app.use(bearer.auth({ issuerBaseURL: issuer.url, audience: 'notes' }));
app.get('/', (_request, response) => response.send('let in'));
app.use((error, _request, response, _next) => response.status(error.status ?? 500).send(error.message));
const api = await listen(app);

const seen = [];
for (const iss of [issuer.url, `${issuer.url}/`]) {
  const token = await new jose.SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer(iss)
    .setAudience('notes')
    .setSubject('ann')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  const reply = await fetch(api.url, { headers: { authorization: `Bearer ${token}` } });
  seen.push(reply.status);
  console.log(`iss ${iss === issuer.url ? 'as in the options' : 'with a slash more'}: ${reply.status} ${await reply.text()}`);
}
for (const { server } of [api, issuer]) {
  server.closeAllConnections();
  server.close();
}
process.exitCode = seen.join() === '401,200' ? 0 : 1;
JS
node ask.mjs

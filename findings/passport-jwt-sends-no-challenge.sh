#!/usr/bin/env bash
# A 401 of passport-jwt has no WWW-Authenticate header.
#
# Expected: `WWW-Authenticate: Bearer`. RFC 9110, section 15.5.2: the server "MUST send a WWW-Authenticate header
#   field" with 401; RFC 6750, section 3, says what is in it. passport-http-bearer sends it.
# Seen: the strategy fails with an Error while Passport expects a string, so no header is sent, for a missing token as
#   for a bad one. Together with Basic the only challenge is that of Basic, which tells a client of the API to send a
#   password. A client that chooses its scheme by the challenge has no choice.
# Versions: passport 0.7.0, passport-jwt 4.0.1, passport-http-bearer 1.0.1, passport-http 0.3.0, express 4.21.2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund passport@0.7.0 passport-jwt@4.0.1 passport-http-bearer@1.0.1 passport-http@0.3.0 express@4.21.2 >/dev/null

node - <<'JS'
const { createServer } = require('node:http');
const express = require('express');
const passport = require('passport');
const { BasicStrategy } = require('passport-http');
const { Strategy: BearerStrategy } = require('passport-http-bearer');
const { ExtractJwt, Strategy: JwtStrategy } = require('passport-jwt');

const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken();
passport.use(new JwtStrategy({ jwtFromRequest, secretOrKey: 'a key for this run' }, (claims, done) => done(null, claims)));
passport.use(new BearerStrategy((token, done) => done(null, false)));
passport.use(new BasicStrategy((name, password, done) => done(null, false)));

const app = express();
for (const list of [['bearer'], ['jwt'], ['jwt', 'basic']]) {
  app.get(`/${list}`, passport.authenticate(list, { session: false }));
}
const server = createServer(app).listen(0, '127.0.0.1', async () => {
  const seen = [];
  for (const list of ['bearer', 'jwt', 'jwt,basic']) {
    for (const headers of [{}, { authorization: 'Bearer not.a.token' }]) {
      const { status, headers: reply } = await fetch(`http://127.0.0.1:${server.address().port}/${list}`, { headers });
      const challenge = reply.get('www-authenticate');
      console.log(`${list}, ${headers.authorization ?? 'no token'}: ${status}, WWW-Authenticate: ${challenge}`);
      seen.push(`${status} ${challenge?.split(' ')[0]}`);
    }
  }
  const expected = ['401 Bearer', '401 Bearer', '401 undefined', '401 undefined', '401 Basic', '401 Basic'];
  process.exit(seen.join() === expected.join() ? 0 : 1);
});
JS

#!/usr/bin/env bash
# With Basic and Local side by side, a client without credentials gets 400 and never sees a challenge.
#
# Expected: 401 with `WWW-Authenticate: Basic`. Passport's documentation says of a list of strategies that each is
#   tried in order; a strategy that finds no credentials should not change the other strategy's answer.
# Seen: passport-local fails with status 400 if the form's fields are missing. Passport takes the first status of any
#   strategy and sends challenges only with 401. A browser never shows its prompt, curl --anyauth gives up, and a
#   wrong Basic password is a "bad request". The order of the two strategies changes nothing.
# Versions: passport 0.7.0, passport-local 1.0.0, passport-http 0.3.0, express 4.21.2; RFC 9110, section 15.5.2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund passport@0.7.0 passport-local@1.0.0 passport-http@0.3.0 express@4.21.2 >/dev/null

node - <<'JS'
const { createServer } = require('node:http');
const express = require('express');
const passport = require('passport');
const { BasicStrategy } = require('passport-http');
const { Strategy: LocalStrategy } = require('passport-local');

const verify = (name, password, done) => done(null, name === 'alice' && password === 'correct' && { name });
passport.use(new BasicStrategy(verify));
passport.use(new LocalStrategy(verify));

const app = express();
app.use(express.urlencoded({ extended: false }));
for (const list of [['basic'], ['basic', 'local'], ['local', 'basic']]) {
  app.get(`/${list}`, passport.authenticate(list, { session: false }), (request, response) => {
    response.json(request.user);
  });
}
const server = createServer(app).listen(0, '127.0.0.1', async () => {
  const basic = (text) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const clients = { nothing: {}, wrong: basic('alice:wrong'), right: basic('alice:correct') };
  const seen = [];
  for (const list of ['basic', 'basic,local', 'local,basic']) {
    for (const [client, headers] of Object.entries(clients)) {
      const { status, headers: reply } = await fetch(`http://127.0.0.1:${server.address().port}/${list}`, { headers });
      console.log(`${list}, ${client}: ${status}, WWW-Authenticate: ${reply.get('www-authenticate')}`);
      seen.push(status);
    }
  }
  process.exit(seen.join() === '401,401,200,400,400,200,400,400,200' ? 0 : 1);
});
JS

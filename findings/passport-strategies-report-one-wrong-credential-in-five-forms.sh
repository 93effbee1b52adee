#!/usr/bin/env bash
# Strategies of Passport report a missing credential in five forms, and an outage as a wrong credential, so their
# caller cannot tell a 401 from a 400 or a 503 by the arguments of fail().
#
# Expected: fail(challenge) for wrong credentials and error(error) if the strategy could not decide, as the guide of
#   passport-strategy describes it.
# Seen: a missing credential is a challenge, a status, an Error, an object, or an object with 400. passport-jwt also
#   calls fail() if its key provider cannot be reached: the client gets 401 for a valid token, and discards the token.
# Versions: passport-http 0.3.0, passport-http-bearer 1.0.1, passport-jwt 4.0.1, passport-local 1.0.0,
#   passport-headerapikey 1.2.2, passport-cookie 1.0.9; RFC 9110, sections 15.5.2 and 15.6.4.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund passport-http@0.3.0 passport-http-bearer@1.0.1 passport-jwt@4.0.1 \
  passport-local@1.0.0 passport-headerapikey@1.2.2 passport-cookie@1.0.9 >/dev/null

node --no-deprecation - <<'JS'
const { BasicStrategy } = require('passport-http');
const { Strategy: BearerStrategy } = require('passport-http-bearer');
const { ExtractJwt, Strategy: JwtStrategy } = require('passport-jwt');
const { Strategy: LocalStrategy } = require('passport-local');
const { HeaderAPIKeyStrategy } = require('passport-headerapikey');
const { Strategy: CookieStrategy } = require('passport-cookie');

const never = () => undefined;
const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken();
const unreachable = (request, token, done) => done(Object.assign(new Error('no key'), { code: 'ECONNREFUSED' }));

function outcomeOf(strategy, request) {
  let seen = 'nothing';
  const run = Object.create(strategy);
  run.error = () => (seen = 'error');
  run.fail = (reason, status) => {
    const form = reason instanceof Error ? 'an Error' : typeof reason;
    seen = `fail(${typeof reason === 'number' ? reason : form}${status == null ? '' : `, ${status}`})`;
  };
  run.authenticate(request, {});
  return seen;
}

const nothing = { headers: {}, cookies: {}, body: {}, query: {} };
const token = { ...nothing, headers: { authorization: 'Bearer e30.e30.AA' } };
const seen = {
  'passport-http, none': outcomeOf(new BasicStrategy(never), nothing),
  'passport-http-bearer, none': outcomeOf(new BearerStrategy(never), nothing),
  'passport-jwt, none': outcomeOf(new JwtStrategy({ jwtFromRequest, secretOrKey: 'k' }, never), nothing),
  'passport-local, none': outcomeOf(new LocalStrategy(never), nothing),
  'passport-headerapikey, none': outcomeOf(new HeaderAPIKeyStrategy(null, false, never), nothing),
  'passport-cookie, none': outcomeOf(new CookieStrategy(never), nothing),
  'passport-jwt, no key to be had': outcomeOf(
    new JwtStrategy({ jwtFromRequest, secretOrKeyProvider: unreachable }, never),
    token,
  ),
};
for (const [what, how] of Object.entries(seen)) console.log(`${what}: ${how}`);
const expected = [
  'fail(string)',
  'fail(string)',
  'fail(an Error)',
  'fail(object, 400)',
  'fail(object)',
  'fail(401)',
  'fail(an Error)',
];
process.exit(Object.values(seen).join() === expected.join() ? 0 : 1);
JS

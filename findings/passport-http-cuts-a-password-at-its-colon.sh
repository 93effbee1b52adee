#!/usr/bin/env bash
# passport-http hands its verify function the part of a password before its first colon.
#
# Expected: the whole password. RFC 7617, section 2: "the first colon in a user-pass string separates user-id and
#   password from one another; text after the first colon is part of the password".
# Seen: the text is split at every colon and the second part is taken. A user whose password has a colon, as password
#   managers make them, cannot log in, and a hash that an app makes from what arrives is of a part of the password.
# Versions: passport-http 0.3.0, passport-strategy 1.0.0, Node 20.20.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund passport-http@0.3.0 >/dev/null

node --no-deprecation - <<'JS'
const { BasicStrategy } = require('passport-http');

let seen;
const strategy = new BasicStrategy((name, password, done) => {
  seen = password;
  done(null, { name });
});
strategy.success = () => undefined;
const sent = 'correct:horse:battery';
const authorization = `Basic ${Buffer.from(`alice:${sent}`).toString('base64')}`;
strategy.authenticate({ headers: { authorization } });
console.log(`sent ${sent}, verified ${seen}`);
process.exit(seen === 'correct' ? 0 : 1);
JS

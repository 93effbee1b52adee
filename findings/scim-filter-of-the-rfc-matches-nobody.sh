#!/usr/bin/env bash
# A SCIM filter library answers false to three filters that RFC 7644 and RFC 7643 define as true.
#
# Expected, for the user below:
#   - `emails co "example.com"`, one of the examples in RFC 7644, section 3.4.2.2: a complex attribute without a
#     sub-attribute means its `value`;
#   - `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`, another example of that section;
#   - `userName eq "JANE"`: userName is case-insensitive (RFC 7643, section 4.1.1, and `caseExact: false` in 8.7.1).
# Seen: it parses all of them and matches none; the prefix of an extension's attribute does work. If an identity
#   provider asks a directory whether this user exists, the directory answers "no", and the provider creates the user
#   a second time.
# Versions: scim2-parse-filter 0.2.10, whose README names section 3.4.2.2 as what it does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund scim2-parse-filter@0.2.10 >/dev/null

node - <<'JS'
const { filter, parse } = require('scim2-parse-filter');

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const user = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
  userName: 'Jane',
  emails: [{ type: 'work', value: 'jane@example.com' }],
  [enterprise]: { department: 'sales' },
};
const expected = {
  'emails.value co "example.com"': true,
  'emails co "example.com"': false,
  'userName sw "J"': true,
  'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"': false,
  [`${enterprise}:department eq "sales"`]: true,
  'USERNAME EQ "Jane"': true,
  'userName eq "JANE"': false,
};
let so = true;
for (const [text, seen] of Object.entries(expected)) {
  const answer = filter(parse(text))(user);
  console.log(`${answer}\t${text}`);
  so &&= answer === seen;
}
process.exit(so ? 0 : 1);
JS

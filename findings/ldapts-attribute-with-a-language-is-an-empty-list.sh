#!/usr/bin/env bash
# An attribute that has a value, was asked for and was sent by the server is [] in ldapts.
#
# Expected: the value under the requested name. RFC 4511, section 4.5.1.8, and RFC 4512, section 2.5.2: a request for
#   an attribute also returns its subtypes, including subtypes with options (`;lang-de`, `;binary`).
# Seen: the server does so; the entry has the key `description;lang-de` with the text and also `description` with an
#   empty list, as for an attribute that does not exist at all. `if (entry.description)` is true for both. If the
#   attribute also has a value without an option, the two values are under two keys.
# Versions: ldapts 8.2.0, slapd 2.5 (Debian 12); 389 Directory Server answers alike.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v slapd >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slapd ldap-utils >/dev/null
npm install --silent --no-audit --no-fund ldapts@8.2.0 >/dev/null

port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
mkdir "$work/db"
cat >"$work/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $work/pid
database mdb
suffix dc=example
directory $work/db
access to attrs=userPassword by anonymous auth by * none
access to * by * read
CONF
cat >"$work/people.ldif" <<LDIF
dn: dc=example
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: uid=alice,dc=example
objectClass: inetOrgPerson
uid: alice
cn: alice
sn: alice
description;lang-de: Leitung
title: chair
title;lang-de: Vorsitz

LDIF
slapadd -q -f "$work/slapd.conf" -l "$work/people.ldif"
slapd -d 0 -f "$work/slapd.conf" -h "ldap://127.0.0.1:$port" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do ldapsearch -x -H "ldap://127.0.0.1:$port" -s base -b '' >/dev/null 2>&1 && break; sleep 0.1; done

node - "ldap://127.0.0.1:$port" <<'JS'
const { Client } = require('ldapts');

async function main() {
  const client = new Client({ url: process.argv[2] });
  const { searchEntries } = await client.search('dc=example', {
    filter: '(description=Leitung)',
    attributes: ['description', 'title', 'mail'],
  });
  await client.unbind();
  console.log(searchEntries);
  const expected = {
    dn: 'uid=alice,dc=example',
    'description;lang-de': 'Leitung',
    title: 'chair',
    'title;lang-de': 'Vorsitz',
    description: [],
    mail: [],
  };
  const sorted = (entry) => JSON.stringify(Object.entries(entry).sort());
  process.exit(searchEntries.length === 1 && sorted(searchEntries[0]) === sorted(expected) ? 0 : 1);
}
main();
JS

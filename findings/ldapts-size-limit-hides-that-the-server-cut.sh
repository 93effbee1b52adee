#!/usr/bin/env bash
# ldapts reports success for a search that the server cut short, if the client sets any sizeLimit.
#
# Expected: an error whenever the server cuts the result short. LDAP answers sizeLimitExceeded (RFC 4511, section
#   4.5.2), which is an error without the option, and the README says of the option only that the smaller of the
#   client's and the server's limit is enforced.
# Seen: ldapts drops the result code as soon as `sizeLimit` is set, however large. With sizeLimit 600 and a server
#   that returns one entry at most, "is this name unique" is answered by one of two entries and a full list of groups
#   by a part of it, and the result does not show the difference. `paged` does not change this.
# Versions: ldapts 8.2.0, slapd 2.5 (Debian 12); RFC 4511, section 4.1.9.
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
sizelimit 1
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

dn: uid=bob,dc=example
objectClass: inetOrgPerson
uid: bob
cn: bob
sn: bob

LDIF
slapadd -q -f "$work/slapd.conf" -l "$work/people.ldif"
slapd -d 0 -f "$work/slapd.conf" -h "ldap://127.0.0.1:$port" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do ldapsearch -x -H "ldap://127.0.0.1:$port" -s base -b '' >/dev/null 2>&1 && break; sleep 0.1; done

node - "ldap://127.0.0.1:$port" <<'JS'
const { Client } = require('ldapts');

async function main() {
  const seen = [];
  for (const options of [{}, { sizeLimit: 1 }, { sizeLimit: 600 }, { paged: true }, { paged: true, sizeLimit: 600 }]) {
    const client = new Client({ url: process.argv[2] });
    const answer = await client.search('dc=example', { filter: '(uid=*)', ...options }).then(
      ({ searchEntries }) => `${searchEntries.length} of 2 entries`,
      (error) => error.name,
    );
    await client.unbind();
    console.log(JSON.stringify(options), answer);
    seen.push(answer);
  }
  const [cut, error] = ['1 of 2 entries', 'SizeLimitExceededError'];
  process.exit(seen.join() === [error, cut, cut, error, cut].join() ? 0 : 1);
}
main();
JS

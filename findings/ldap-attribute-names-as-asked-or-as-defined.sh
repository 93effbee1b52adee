#!/usr/bin/env bash
# Ask two directories for `MAIL`: one answers with `mail`, the other with `MAIL`.
#
# Expected: one spelling. Both servers have the same standard schema, which calls the attribute `mail`, and names are
#   case-insensitive in a request (RFC 4512, section 2.5), so the spelling of the request should not affect the
#   answer.
# Seen: OpenLDAP answers with the name in its schema, 389 Directory Server with the spelling of the request. Clients
#   pass the name on unchanged, as a key of an object: after a request for `MAIL`, `entry.mail` exists with one server
#   and is missing with the other; for `entry.MAIL` it is the other way round.
# Versions: slapd 2.5, 389-ds-base 2.3.1 (Debian 12), ldapts 8.2.0, ldapjs 3.0.7.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v slapd >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slapd ldap-utils >/dev/null
command -v dscreate >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq 389-ds-base >/dev/null
npm install --silent --no-audit --no-fund ldapts@8.2.0 ldapjs@3.0.7 >/dev/null

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
mail: alice@example.com

LDIF
slapadd -q -f "$work/slapd.conf" -l "$work/people.ldif"
slapd -d 0 -f "$work/slapd.conf" -h "ldap://127.0.0.1:$port" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do ldapsearch -x -H "ldap://127.0.0.1:$port" -s base -b '' >/dev/null 2>&1 && break; sleep 0.1; done


port_of() {
  node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })"
}
instance="surprise$$"
ds=
ds_port=$(port_of)
cat >"$work/instance.inf" <<INF
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
systemd = False
start = False
[slapd]
instance_name = $instance
port = $ds_port
self_sign_cert = False
root_password = set-for-this-run
INF
remove_instance() {
  rm -rf "/etc/dirsrv/slapd-$instance" "/var/lib/dirsrv/slapd-$instance" "/var/log/dirsrv/slapd-$instance" \
    "/var/lock/dirsrv/slapd-$instance" "/run/slapd-$instance.socket" "/dev/shm/slapd-$instance" \
    "/etc/sysconfig/dirsrv-$instance" "/etc/default/dirsrv-$instance" "/usr/lib/dirsrv/slapd-$instance" \
    "/etc/tmpfiles.d/dirsrv-$instance.conf" \
    "/etc/systemd/system/dirsrv.target.wants/dirsrv@$instance.service"
}
trap 'kill "$ds" "$server" 2>/dev/null || true; wait 2>/dev/null || true; remove_instance; rm -rf "$work"' EXIT
# Without systemd the last step of dscreate, starting the instance, fails after the files are written.
dscreate from-file "$work/instance.inf" >"$work/dscreate.log" 2>&1 || true
hash=$(pwdhash -D "/etc/dirsrv/slapd-$instance" set-for-this-run)
sed -i "/^nsslapd-rootpw:/,/^[^ ]/{/^nsslapd-rootpw:/d;/^ /d}" "/etc/dirsrv/slapd-$instance/dse.ldif"
sed -i "s|^nsslapd-rootdn:|nsslapd-rootpw: $hash\n&|" "/etc/dirsrv/slapd-$instance/dse.ldif"
ns-slapd -d 0 -D "/etc/dirsrv/slapd-$instance" -i "$work/ds.pid" >"$work/ds.log" 2>&1 &
ds=$!
manager=(-x -H "ldap://127.0.0.1:$ds_port" -D 'cn=Directory Manager' -w set-for-this-run)
for _ in $(seq 120); do ldapwhoami "${manager[@]}" >/dev/null 2>&1 && break; sleep 0.25; done
dsconf -D 'cn=Directory Manager' -w set-for-this-run "ldap://127.0.0.1:$ds_port" \
  backend create --suffix dc=example --be-name people >/dev/null
sed 's/^o: example$/&\naci: (targetattr="*")(version 3.0; acl "all read"; allow (read,search,compare) userdn="ldap:\/\/\/anyone";)/' \
  "$work/people.ldif" | ldapadd "${manager[@]}" >/dev/null

node - "$port" "$ds_port" <<'JS'
const ldapjs = require('ldapjs');
const { Client } = require('ldapts');

// A new object for each search: ldapjs puts its own filter into the one that it is given.
const search = () => ({ scope: 'sub', filter: '(uid=alice)', attributes: ['MAIL'] });

async function byLdapts(url) {
  const client = new Client({ url });
  const { searchEntries } = await client.search('dc=example', search());
  await client.unbind();
  return Object.keys(searchEntries[0]).filter((key) => key !== 'dn').join();
}
function byLdapjs(url) {
  return new Promise((resolve, reject) => {
    const client = ldapjs.createClient({ url });
    client.search('dc=example', search(), (error, result) => {
      if (error) return reject(error);
      let names;
      result.on('searchEntry', ({ pojo }) => (names = pojo.attributes.map(({ type }) => type).join()));
      result.on('end', () => client.unbind(() => resolve(names)));
      result.on('error', reject);
    });
  });
}

async function main() {
  const seen = [];
  for (const [server, port] of [['OpenLDAP', process.argv[2]], ['389 DS', process.argv[3]]]) {
    const url = `ldap://127.0.0.1:${port}`;
    const names = [await byLdapjs(url), await byLdapts(url)];
    console.log(`${server}: ldapjs ${names[0]}, ldapts ${names[1]}`);
    seen.push(...names);
  }
  process.exit(seen.join() === 'mail,mail,MAIL,MAIL' ? 0 : 1);
}
main();
JS

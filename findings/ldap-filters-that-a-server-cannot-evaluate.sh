#!/usr/bin/env bash
# One filter, two directories: `(!(locked=TRUE))` with an attribute that the schema lacks finds everyone or no one.
#
# Expected: the same entries. RFC 4511, section 4.5.1.7, has three truth values: an item with an unknown attribute, or
#   with a matching rule that the server lacks, is Undefined, "not" leaves it so, and only True is returned.
# Seen: OpenLDAP follows this: a filter for locked accounts that was written for another product excludes everyone,
#   with result 0. 389 Directory Server treats the unknown attribute as False and finds everyone. The rule for nested
#   groups of Active Directory (1.2.840.113556.1.4.1941) is an empty success in OpenLDAP, which means "no groups", and
#   error 12, unavailableCriticalExtension, in 389, though no extension was marked critical.
# Versions: slapd 2.5, 389-ds-base 2.3.1 (Debian 12), ldap-utils.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v slapd >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slapd ldap-utils >/dev/null
command -v dscreate >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq 389-ds-base >/dev/null

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

dn: uid=bob,dc=example
objectClass: inetOrgPerson
uid: bob
cn: bob
sn: bob

dn: cn=admins,dc=example
objectClass: groupOfNames
cn: admins
member: uid=alice,dc=example

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

ask() {
  local answer code=0
  answer=$(ldapsearch -x -H "ldap://127.0.0.1:$1" -LLL -b dc=example "$2" dn 2>/dev/null) || code=$?
  echo "result $code, $(grep -c '^dn:' <<<"$answer" || true) entries"
}
so=true
check() {
  local openldap ds389
  openldap=$(ask "$port" "$1")
  ds389=$(ask "$ds_port" "$1")
  echo "$1"
  echo "  OpenLDAP: $openldap"
  echo "  389 DS:   $ds389"
  [ "$openldap" = "$2" ] && [ "$ds389" = "$3" ] || so=false
}
check '(&(uid=*)(!(title=chair)))' 'result 0, 2 entries' 'result 0, 2 entries'
check '(&(uid=*)(!(locked=TRUE)))' 'result 0, 0 entries' 'result 0, 2 entries'
check '(member:1.2.840.113556.1.4.1941:=uid=alice,dc=example)' 'result 0, 0 entries' 'result 12, 0 entries'
$so

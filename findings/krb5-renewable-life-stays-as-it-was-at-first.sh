#!/usr/bin/env bash
# After `max_renewable_life` is raised in kdc.conf, the KDC restarted and a new user created, tickets are still not
# renewable.
#
# Expected: kdc.conf(5) calls it "the maximum time period during which a valid ticket may be renewed in this realm",
#   and `kinit -r 7d` asks for a renewable ticket.
# Seen: the value is copied into each principal when the principal is created. This includes krbtgt, which was created
#   with the database, when the default of 0 applied. A ticket gets the smallest of the three values. kinit succeeds
#   without a message and shows a ticket flagged as renewable "until" the second in which it was issued. A service
#   that renews its ticket stops working after a day. `modprinc -maxrenewlife` on krbtgt/REALM is also needed.
# Versions: MIT krb5 1.20 (Debian 12).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PATH="$PATH:/usr/sbin"
command -v krb5kdc >/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq krb5-kdc krb5-admin-server krb5-user >/dev/null
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
cat >krb5.conf <<CONF
[libdefaults]
default_realm = EXAMPLE.TEST
dns_lookup_kdc = false
[realms]
EXAMPLE.TEST = {
  kdc = 127.0.0.1:$port
}
CONF
write_kdc_conf() {
  cat >kdc.conf <<CONF
[realms]
EXAMPLE.TEST = {
  database_name = $work/principal
  key_stash_file = $work/stash
  kdc_listen = 127.0.0.1:$port
  kdc_tcp_listen = 127.0.0.1:$port
  $1
}
CONF
}
export KRB5_CONFIG="$work/krb5.conf" KRB5_KDC_PROFILE="$work/kdc.conf" KRB5CCNAME="FILE:$work/cache" LC_ALL=C
kdc=
stop() { [ -z "$kdc" ] || { kill "$kdc" && wait "$kdc" || true; } 2>/dev/null; kdc=; }
trap 'stop; rm -rf "$work"' EXIT
start() {
  stop
  krb5kdc -n >kdc.log 2>&1 &
  kdc=$!
  for _ in $(seq 50); do grep -q starting kdc.log && break; sleep 0.1; done
}
new_user() { kadmin.local addprinc -pw "for this run" "$1" >/dev/null 2>&1; }
# Days between the start of a ticket and the end of its renewal, rounded down.
renewable_days() {
  local line from until
  echo "for this run" | kinit -r 7d "$1" >/dev/null
  line=$(klist | grep -A 1 krbtgt)
  from=$(awk 'NR == 1 { print $1, $2 }' <<<"$line")
  until=$(sed -n 's/.*renew until \([^,]*\).*/\1/p' <<<"$line")
  [ -n "$until" ] || until=$from
  echo $((($(date -d "$until" +%s) - $(date -d "$from" +%s)) / 86400))
}

write_kdc_conf ''
kdb5_util create -s -P 'for this run' >/dev/null 2>&1
new_user alice
start
before=$(renewable_days alice)
write_kdc_conf 'max_renewable_life = 14d'
start
new_user bob
raised="$(renewable_days alice) $(renewable_days bob)"
kadmin.local modprinc -maxrenewlife 14d krbtgt/EXAMPLE.TEST >/dev/null 2>&1
after="$(renewable_days alice) $(renewable_days bob)"
echo "days of renewal that kinit -r 7d gets, default: alice $before"
echo "kdc.conf raised to 14 days, KDC restarted: alice and the new bob $raised"
echo "krbtgt raised as well: alice and bob $after"
[ "$before/$raised/$after" = '0/0 0/0 7' ]

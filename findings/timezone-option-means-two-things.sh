#!/usr/bin/env bash
# `timezone: 'Z'` in two MySQL drivers: one changes the session, the other changes only what it reads.
#
# Expected: the same instant. A TIMESTAMP column is an instant (the server converts it to the session's zone and
#   back), so a driver told `timezone: 'Z'` should give that instant wherever the server stands.
# Seen: the mariadb package sets the session's time_zone to +00:00 and is right. mysql2 leaves the session in the
#   server's zone and reads the returned text as if it were UTC: with a server at +12:00 "valid until" is twelve hours
#   off, and so is now(). In mysql2 the option states the zone of the server, but people exchange the two packages
#   with the same configuration object.
# Versions: mysql2 3.24.6, mariadb 3.5.4, MariaDB 10.11 (Debian 12); MariaDB's page "TIMESTAMP", and the option
#   `timezone` in the documentation of each package.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v mariadbd >/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mariadb-server-core mariadb-client-core >/dev/null
npm install --silent --no-audit --no-fund mysql2@3.24.6 mariadb@3.5.4 >/dev/null

mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db \
  --datadir="$work/data" >"$work/install.log" 2>&1
mariadbd --no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/socket" --skip-networking \
  --pid-file="$work/pid" --default-time-zone=+12:00 >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do mariadb-admin --no-defaults -S "$work/socket" ping >/dev/null 2>&1 && break; sleep 0.25; done
mariadb --no-defaults -S "$work/socket" -e "create database app; create user app identified by 'app';
  grant all on app.* to app"

TZ=UTC node - "$work/socket" <<'JS'
const mariadb = require('mariadb');
const mysql = require('mysql2/promise');

async function main() {
  const options = { socketPath: process.argv[2], user: 'app', password: 'app', database: 'app', timezone: 'Z' };
  const one = await mysql.createConnection(options);
  const other = await mariadb.createConnection(options);
  await one.query('create table account (name varchar(40) primary key, valid_until timestamp null)');
  await one.query(`insert into account values ('alice', from_unixtime(1900000000))`);
  const query = 'select valid_until, @@session.time_zone as zone, unix_timestamp(valid_until) as seconds from account';
  const seen = { mysql2: (await one.query(query))[0][0], mariadb: (await other.query(query))[0] };
  const off = {};
  for (const [driver, { valid_until: until, zone, seconds }] of Object.entries(seen)) {
    off[driver] = (until.getTime() / 1000 - Number(seconds)) / 3600;
    console.log(`${driver}: ${until.toISOString()}, session ${zone}, ${off[driver]} hours from what the server keeps`);
  }
  await one.end();
  await other.end();
  process.exit(off.mysql2 === 12 && off.mariadb === 0 ? 0 : 1);
}
main();
JS

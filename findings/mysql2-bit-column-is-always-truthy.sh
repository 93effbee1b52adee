#!/usr/bin/env bash
# `active bit(1)`: for mysql2 the disabled user is truthy, for the MariaDB connector false.
#
# Expected: a boolean or a number. Hibernate and MySQL Workbench create BIT(1) for a boolean property, and the same
#   table's `boolean` column arrives as 0 and 1.
# Seen: mysql2 returns a Buffer of one byte. `if (user.active)` is true for 0 and for 1, `=== 1` for neither; its JSON
#   is {"type":"Buffer",...}. The mariadb package reads BIT(1) as a boolean, by an option that is on by default.
# Versions: mysql2 3.24.6, mariadb 3.5.4, MariaDB 10.11 (Debian 12); mysql2's page on type casting, and
#   `bitOneIsBoolean` in the MariaDB connector's list of options.
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
  --pid-file="$work/pid" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do mariadb-admin --no-defaults -S "$work/socket" ping >/dev/null 2>&1 && break; sleep 0.25; done
mariadb --no-defaults -S "$work/socket" -e "create database app; create user app identified by 'app';
  grant all on app.* to app"

node - "$work/socket" <<'JS'
const mariadb = require('mariadb');
const mysql = require('mysql2/promise');

async function main() {
  const options = { socketPath: process.argv[2], user: 'app', password: 'app', database: 'app' };
  const one = await mysql.createConnection(options);
  const other = await mariadb.createConnection(options);
  await one.query('create table account (name varchar(40) primary key, active bit(1), enabled boolean)');
  await one.query(`insert into account values ('disabled', 0, 0), ('in use', 1, 1)`);
  const query = 'select * from account order by name';
  const seen = { mysql2: (await one.query(query))[0], mariadb: await other.query(query) };
  for (const [driver, rows] of Object.entries(seen)) {
    for (const { name, active, enabled } of rows) {
      console.log(`${driver}: ${name}: bit(1) ${JSON.stringify(active)}, truthy ${Boolean(active)}; boolean ${enabled}`);
    }
  }
  await one.end();
  await other.end();
  const so =
    seen.mysql2.every(({ active }) => Buffer.isBuffer(active) && Boolean(active)) &&
    seen.mariadb[0].active === false &&
    seen.mariadb[1].active === true;
  process.exit(so ? 0 : 1);
}
main();
JS

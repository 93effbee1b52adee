#!/usr/bin/env bash
# mysql2 reports a failed CHECK constraint of MariaDB as ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE.
#
# Expected: `error.code` names the failure. mysql2 is used with MariaDB everywhere, and the server sends a clear
#   number, 4025, which MariaDB's list calls ER_CONSTRAINT_FAILED.
# Seen: mysql2 names numbers by MySQL's list, and MySQL uses the same number for a setting of table spaces. An app
#   that distinguishes refused data from a server fault by the code sees a server fault. errno, SQLSTATE 23000 and the
#   text are right, and the mariadb package has the right name.
# Versions: mysql2 3.24.6, mariadb 3.5.4, MariaDB 10.11 (Debian 12); MariaDB's page "MariaDB Error Code Reference".
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
  await one.query(`create table account (name varchar(40) primary key check (length(name) > 3))`);
  const seen = {};
  for (const [driver, connection] of [['mysql2', one], ['mariadb', other]]) {
    seen[driver] = await connection.query(`insert into account values ('Bob')`).catch((error) => error);
    const { code, errno, sqlState } = seen[driver];
    console.log(`${driver}: ${code}, errno ${errno}, SQLSTATE ${sqlState}`);
  }
  await one.end();
  await other.end();
  const so =
    seen.mysql2.code === 'ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE' &&
    seen.mariadb.code === 'ER_CONSTRAINT_FAILED' &&
    seen.mysql2.errno === 4025 &&
    seen.mariadb.errno === 4025;
  process.exit(so ? 0 : 1);
}
main();
JS

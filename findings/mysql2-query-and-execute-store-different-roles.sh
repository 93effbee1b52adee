#!/usr/bin/env bash
# One statement, one parameter ['admin']: query() stores the word, execute() stores the JSON list.
#
# Expected: one value in the table. execute() is presented as query() with a prepared statement, with the same
#   arguments.
# Seen: query() writes a list into the SQL text as values separated by commas, so a list of one becomes a plain
#   string, and a list of two causes a syntax or column count error; execute() sends JSON. A column that both have
#   written has rows of two formats, and a JSON column accepts only those of execute().
# Versions: mysql2 3.24.6, MariaDB 10.11 (Debian 12); mysql2's pages "Simple Queries" and "Prepared Statements".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v mariadbd >/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mariadb-server-core mariadb-client-core >/dev/null
npm install --silent --no-audit --no-fund mysql2@3.24.6 >/dev/null

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
const mysql = require('mysql2/promise');

async function main() {
  const database = await mysql.createConnection({
    socketPath: process.argv[2], user: 'app', password: 'app', database: 'app',
  });
  await database.query('create table account (name varchar(40) primary key, roles text)');
  await database.query(`insert into account values ('alice', null)`);
  const seen = [];
  for (const roles of [['admin'], ['admin', 'staff'], []]) {
    for (const method of ['query', 'execute']) {
      const stored = await database[method]('update account set roles = ? where name = ?', [roles, 'alice']).then(
        async () => (await database.query('select roles from account'))[0][0].roles,
        (error) => error.code,
      );
      console.log(`${method}(${JSON.stringify(roles)}) stores: ${stored}`);
      seen.push(stored);
    }
  }
  await database.end();
  const expected = ['admin', '["admin"]', 'ER_PARSE_ERROR', '["admin","staff"]', 'ER_PARSE_ERROR', '[]'];
  process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
}
main();
JS

#!/usr/bin/env bash
# The "binary" collation of MariaDB finds the user `bob` in a search for `bob` followed by a space.
#
# Expected: utf8mb4_bin compares bytes. Its name says so, it is the usual advice for exact names, and it does
#   distinguish `bob` from `BOB` and from `bob` with a tab.
# Seen: it pads with spaces: `=` and the primary key treat `bob ` as `bob`, DISTINCT counts the two as one, while LIKE
#   and a comparison with BINARY distinguish them. utf8mb4_nopad_bin and varbinary compare exactly.
# Versions: MariaDB 10.11 (Debian 12), mysql2 3.24.6; MariaDB's page "Supported Character Sets and Collations",
#   section on NO PAD collations. (MySQL 8 differs again: utf8mb4_0900_bin does not pad, utf8mb4_bin does.)
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
  let so = true;
  for (const collation of ['utf8mb4_bin', 'utf8mb4_nopad_bin']) {
    await database.query(`create or replace table account (name varchar(40) collate ${collation} primary key)`);
    await database.query(`insert into account values ('bob')`);
    const found = {};
    for (const name of ['bob', 'bob ', 'BOB', 'bob\t']) {
      const [rows] = await database.execute('select name from account where name = ?', [name]);
      found[JSON.stringify(name)] = rows.length === 1;
    }
    const [like] = await database.execute('select name from account where name like ?', ['bob ']);
    const second = await database.execute(`insert into account values ('bob ')`).then(
      () => 'taken',
      (error) => error.code,
    );
    console.log(collation, found, `LIKE 'bob ': ${like.length === 1}; a second user 'bob ': ${second}`);
    const pads = collation === 'utf8mb4_bin';
    so &&= found['"bob"'] && found['"bob "'] === pads && !found['"BOB"'] && !found['"bob\\t"'];
    so &&= like.length === 0 && second === (pads ? 'ER_DUP_ENTRY' : 'taken');
  }
  await database.end();
  process.exit(so ? 0 : 1);
}
main();
JS

#!/usr/bin/env bash
# A user named 42 in a TEXT column of SQLite is called '42.0' by libsql and cannot be found by name.
#
# Expected: '42'. 42 is a whole number in JavaScript, SQLite's TEXT affinity turns an INTEGER 42 into '42', and
#   sql.js, another SQLite for Node, stores that.
# Seen: libsql binds every number as a REAL: typeof(?) is 'real', 5/2 is 2.5, and text affinity turns it into '42.0'.
#   The number 42 still finds the row, since it is converted in the same way; the string '42', which a login form
#   sends, does not. A BigInt is bound as INTEGER.
# Versions: libsql 0.5.29, sql.js 1.13.0; SQLite's page "Datatypes", section 3 (type affinity).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund libsql@0.5.29 sql.js@1.13.0 >/dev/null

node - <<'JS'
const Libsql = require('libsql');
const initSqlJs = require('sql.js');

async function main() {
  const libsql = new Libsql(':memory:');
  libsql.exec('create table account (name text primary key)');
  libsql.prepare('insert into account values (?)').run(42);
  const { name } = libsql.prepare('select name from account').get();
  const find = libsql.prepare('select name from account where name = ?');
  const found = { 42: find.get(42) !== undefined, '"42"': find.get('42') !== undefined };
  const type = (value) => libsql.prepare('select typeof(?) as type').get(value).type;
  console.log(`libsql stores ${JSON.stringify(name)}; found by`, found, `typeof: ${type(5)}, of 5n: ${type(5n)}`);

  const { Database } = await initSqlJs();
  const other = new Database();
  other.run('create table account (name text primary key)');
  other.run('insert into account values (?)', [42]);
  const stored = other.exec('select name, typeof(?) from account', [5])[0].values[0];
  console.log(`sql.js stores ${JSON.stringify(stored[0])}; typeof: ${stored[1]}`);
  const so = name === '42.0' && found[42] && !found['"42"'] && type(5) === 'real' && stored[0] === '42';
  process.exit(so ? 0 : 1);
}
main();
JS

#!/usr/bin/env bash
# A row of libsql carries `_metadata` beside the columns, and so does every JSON made of it.
#
# Expected: the columns of the query. libsql says that it is compatible with better-sqlite3, whose get() returns an
#   object with the column names as its keys.
# Seen: get() adds an enumerable `_metadata` with the duration of the query; all() and iterate() do not. A record that
#   an app returns, compares or validates unchanged ("no unknown properties") has one property too many, and two reads
#   of the same row are never deeply equal.
# Versions: libsql 0.5.29; better-sqlite3's API page, Statement#get().
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund libsql@0.5.29 >/dev/null

node - <<'JS'
const Database = require('libsql');

const database = new Database(':memory:');
database.exec(`create table account (name text primary key); insert into account values ('alice')`);
const statement = database.prepare('select name from account');
const keys = {
  get: Object.keys(statement.get()),
  all: Object.keys(statement.all()[0]),
  iterate: Object.keys([...statement.iterate()][0]),
};
console.log(keys, JSON.stringify(statement.get()));
process.exit(JSON.stringify(keys) === '{"get":["name","_metadata"],"all":["name"],"iterate":["name"]}' ? 0 : 1);
JS

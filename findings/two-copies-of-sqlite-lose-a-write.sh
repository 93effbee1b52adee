#!/usr/bin/env bash
# better-sqlite3 and libsql open one file in one process, and a write that libsql has confirmed is not there.
#
# Expected: SQLITE_BUSY. A transaction of better-sqlite3 has written and holds the lock, so libsql must not write, and
#   better-sqlite3's second connection, or libsql in another process, indeed reports that the database is locked.
# Seen: libsql answers the UPDATE with its row. After the COMMIT of better-sqlite3 the file has the old value, for both
#   libraries. Each has its own copy of SQLite, with its own list of open files. POSIX locks belong to the process, so
#   neither copy sees a lock of the other: https://www.sqlite.org/howtocorrupt.html, section 2.2.1.
# Versions: better-sqlite3 12.11.1, libsql 0.5.29; Linux. Without network access to GitHub, npm compiles better-sqlite3,
#   which needs a C++ compiler, make and python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund better-sqlite3@12.11.1 libsql@0.5.29 >/dev/null

cat >update.cjs <<'JS'
const UPDATE = "update account set hash = 'new' where name = 'bob' returning name";

/** Tries to change the row while another connection writes. */
exports.tryUpdate = (library) => {
  const Library = require(library);
  const database = new Library('app.db', { timeout: 0 });
  try {
    return `confirmed for ${database.prepare(UPDATE).get().name}`;
  } catch (error) {
    return error.code;
  }
};
if (require.main === module) console.log(exports.tryUpdate('libsql'));
JS

node - <<'JS'
const { execFileSync } = require('node:child_process');
const Better = require('better-sqlite3');
const Libsql = require('libsql');
const { tryUpdate } = require('./update.cjs');

const database = new Better('app.db');
database.pragma('journal_mode = WAL');
database.exec("create table account (name text primary key, hash text); insert into account values ('bob', 'old')");
database.exec('create table orders (id integer)');

database.exec('begin; insert into orders values (1)');
const same = tryUpdate('better-sqlite3');
const other = execFileSync(process.execPath, ['update.cjs'], { encoding: 'utf8' }).trim();
const second = tryUpdate('libsql');
database.exec('insert into orders values (2); commit');

const HASH = "select hash from account where name = 'bob'";
const stored = [Better, Libsql].map((Library) => new Library('app.db').prepare(HASH).get().hash);
console.log('While a transaction of better-sqlite3 has written, an UPDATE of the same file');
console.log(`  by better-sqlite3: ${same}; by libsql in another process: ${other}`);
console.log(`  by libsql in the same process: ${second}`);
console.log(`After the COMMIT: better-sqlite3 reads ${stored[0]}, libsql ${stored[1]}`);
const so = same === 'SQLITE_BUSY' && other === 'SQLITE_BUSY' && second === 'confirmed for bob';
process.exit(so && stored.every((hash) => hash === 'old') ? 0 : 1);
JS

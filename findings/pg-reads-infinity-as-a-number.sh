#!/usr/bin/env bash
# "Valid without end" in a timestamptz column: one driver returns a number, the other an invalid date, neither a valid
# Date.
#
# Expected: one type for one column. Both drivers say that timestamptz becomes a Date, and 'infinity' is what
#   PostgreSQL's own VALID UNTIL keeps for a password that never expires.
# Seen: pg returns the number Infinity, so `until.getTime()` throws for exactly the users whose access has no end,
#   while `until > new Date()` happens to be right. postgres (Postgres.js) returns an Invalid Date, for which both
#   `until > now` and `until < now` are false: whether the same user is expired depends on how the condition is
#   written.
# Versions: pg 8.23.1, postgres 3.4.9, PostgreSQL 15; PostgreSQL manual 8.5.1.4 (special values), CREATE ROLE.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v psql >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1 postgres@3.4.9 >/dev/null

bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
chmod 711 "$work"
install -d -o postgres "$work/pg"
as_postgres() { (cd / && runuser -u postgres -- "$@"); }
trap 'as_postgres "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
as_postgres "$bin/initdb" -D "$work/pg/data" -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
as_postgres "$bin/pg_ctl" -D "$work/pg/data" -w -l "$work/pg/log" \
  -o "-k $work/pg -c listen_addresses='' -c fsync=off" start >/dev/null

node - "$work/pg" <<'JS'
const pg = require('pg');
const postgres = require('postgres');

async function main() {
  const connection = { host: process.argv[2], user: 'postgres', database: 'postgres' };
  const client = new pg.Client(connection);
  await client.connect();
  const sql = postgres({ ...connection, max: 1 });
  await client.query(`create role forever login valid until 'infinity'`);
  await client.query(`create role limited login valid until '2030-01-01'`);
  const query = `select rolname, rolvaliduntil as until from pg_authid where rolvaliduntil is not null order by 1`;
  const rows = { pg: (await client.query(query)).rows, postgres: await sql.unsafe(query) };
  const now = new Date();
  for (const [driver, users] of Object.entries(rows)) {
    for (const { rolname, until } of users) {
      const kind = until instanceof Date ? 'Date' : typeof until;
      console.log(`${driver}: ${rolname} ${kind} ${until}; > now ${until > now}, < now ${until < now}`);
    }
  }
  await client.end();
  await sql.end();
  const so =
    rows.pg[0].until === Infinity &&
    rows.pg[1].until instanceof Date &&
    rows.postgres[0].until instanceof Date &&
    Number.isNaN(rows.postgres[0].until.getTime());
  process.exit(so ? 0 : 1);
}
main();
JS

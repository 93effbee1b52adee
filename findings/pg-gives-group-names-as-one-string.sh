#!/usr/bin/env bash
# The groups of a PostgreSQL role, aggregated into an array, reach pg as the text "{staff,admin}".
#
# Expected: an array. array_agg over a text column is parsed, and pg's documentation says so of arrays.
# Seen: the catalogs' columns are of type name, and pg has no parser for an array of that type (nor of an enum): the
#   value is a string. `roles.includes('adm')` is then a search for a substring and answers true, and iterating yields
#   letters. With ::text after the column the value is an array; postgres (Postgres.js) parses both.
# Versions: pg 8.23.1, postgres 3.4.9, PostgreSQL 15; PostgreSQL manual 53.8 (pg_authid), 9.21 (array_agg).
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
  await client.query('create role staff; create role administrator; create role alice in role staff, administrator');
  const groups = (column) => `
    select array_agg(${column} order by g.rolname) as groups from pg_auth_members m
    join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member where u.rolname = 'alice'`;
  const seen = {
    pg: (await client.query(groups('g.rolname'))).rows[0].groups,
    'pg with ::text': (await client.query(groups('g.rolname::text'))).rows[0].groups,
    postgres: (await sql.unsafe(groups('g.rolname')))[0].groups,
  };
  for (const [driver, value] of Object.entries(seen)) {
    console.log(`${driver}: ${typeof value} ${JSON.stringify(value)}; includes('admin') ${value.includes('admin')}`);
  }
  await client.end();
  await sql.end();
  const so =
    seen.pg === '{administrator,staff}' &&
    Array.isArray(seen['pg with ::text']) &&
    Array.isArray(seen.postgres) &&
    seen.pg.includes('admin') &&
    !seen.postgres.includes('admin');
  process.exit(so ? 0 : 1);
}
main();
JS

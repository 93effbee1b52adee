#!/usr/bin/env bash
# A user without roles, written into a jsonb column by pg, comes back as {} and not as [].
#
# Expected: `roles = $1` with an array stores a JSON array, or fails: PostgreSQL knows that the column is jsonb,
#   and a JavaScript object in its place is stored as JSON.
# Seen: pg writes every array as a PostgreSQL array literal. ['admin'] becomes {"admin"}, which jsonb refuses, so the
#   mistake is found at once; [] becomes {}, which jsonb takes for an empty object. The record of the first user who
#   loses the last role has another type. postgres (Postgres.js) stores both unchanged.
# Versions: pg 8.23.1, postgres 3.4.9, PostgreSQL 15; PostgreSQL manual 8.14 (JSON types) and 8.15.2 (array input).
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
  await client.query('create table account (name text primary key, roles jsonb)');
  const write = async (by, name, roles) => {
    const answer = await by(name, roles).catch((error) => `refused: ${error.message}`);
    console.log(`${name}: ${JSON.stringify(roles)} -> ${JSON.stringify(answer)}`);
    return JSON.stringify(answer);
  };
  const byPg = async (name, roles) =>
    (await client.query('insert into account values ($1, $2) returning roles', [name, roles])).rows[0].roles;
  const byPostgres = async (name, roles) =>
    (await sql`insert into account values (${name}, ${roles}) returning roles`)[0].roles;

  const seen = [
    await write(byPg, 'pg, one role', ['admin']),
    await write(byPg, 'pg, no role', []),
    await write(byPostgres, 'postgres, one role', ['admin']),
    await write(byPostgres, 'postgres, no role', []),
  ];
  await client.end();
  await sql.end();
  const so = seen[0].includes('refused') && seen[1] === '{}' && seen[2] === '["admin"]' && seen[3] === '[]';
  process.exit(so ? 0 : 1);
}
main();
JS

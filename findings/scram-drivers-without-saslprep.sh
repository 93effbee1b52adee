#!/usr/bin/env bash
# A password with a no-break space works in psql, but not through Postgres.js or older versions of pg.
#
# Expected: the same answer everywhere. SCRAM clients apply SASLprep to the password before they hash it
#   (RFC 5802, section 2.2; RFC 4013 maps U+00A0 to a space and U+2168 to the letters IX), and the server did so
#   when it stored the password (PostgreSQL manual 55.3.1).
# Seen: postgres (Postgres.js) hashes the characters as they were typed, and so did pg (8.16.3; 8.23.1 does not). If a
#   keyboard turns AltGr and space into a no-break space, or a password is copied from a web page, the login fails
#   with 28P01 from Node but works in every tool that an administrator tries.
# Versions: postgres 3.4.9, pg 8.16.3 and 8.23.1, PostgreSQL 15.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v psql >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
npm install --silent --no-audit --no-fund pg@8.16.3 pg-later@npm:pg@8.23.1 postgres@3.4.9 >/dev/null

bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
chmod 711 "$work"
install -d -o postgres "$work/pg"
as_postgres() { (cd / && runuser -u postgres -- "$@"); }
trap 'as_postgres "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
as_postgres "$bin/initdb" -D "$work/pg/data" -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
sed -i '1i local all alice scram-sha-256' "$work/pg/data/pg_hba.conf"
as_postgres "$bin/pg_ctl" -D "$work/pg/data" -w -l "$work/pg/log" \
  -o "-k $work/pg -c listen_addresses='' -c fsync=off" start >/dev/null

node - "$work/pg" <<'JS'
const { spawnSync } = require('node:child_process');
const pg = require('pg');
const later = require('pg-later');
const postgres = require('postgres');

const connection = { host: process.argv[2], user: 'alice', database: 'postgres' };

async function byPg(driver, password) {
  const client = new driver.Client({ ...connection, password });
  client.on('error', () => {});
  await client.connect();
  await client.end();
}
async function byPostgres(password) {
  const sql = postgres({ ...connection, password, max: 1 });
  await sql`select 1`.finally(() => sql.end());
}
async function byPsql(password) {
  const env = { ...process.env, PGPASSWORD: password, LC_ALL: 'C.UTF-8' };
  const psql = spawnSync('psql', ['-h', connection.host, '-U', 'alice', '-Atc', 'select 1', 'postgres'], { env });
  if (psql.status !== 0) throw new Error(String(psql.stderr));
}

async function main() {
  const root = new pg.Client({ ...connection, user: 'postgres' });
  await root.connect();
  await root.query('create role alice login');
  const said = (login) => login.then(() => 'in', (error) => `refused ${error.code ?? ''}`.trim());
  let so = true;
  for (const password of ['correct horse', 'correct\u00a0horse', 'chapter \u2168']) {
    await root.query(`alter role alice password '${password}'`);
    const seen = {
      psql: await said(byPsql(password)),
      postgres: await said(byPostgres(password)),
      'pg 8.16.3': await said(byPg(pg, password)),
      'pg 8.23.1': await said(byPg(later, password)),
    };
    console.log(JSON.stringify(password).replace('\u00a0', '\\u00a0'), seen);
    const plain = password === 'correct horse';
    so &&= seen.psql === 'in' && seen['pg 8.23.1'] === 'in';
    so &&= [seen.postgres, seen['pg 8.16.3']].every((answer) => answer === (plain ? 'in' : 'refused 28P01'));
  }
  await root.end();
  process.exit(so ? 0 : 1);
}
main();
JS

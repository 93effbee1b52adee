#!/usr/bin/env bash
# An application that sends no application_name works under the name of the connection's previous client.
#
# Expected: an empty name. PgBouncer tracks application_name for each client and sets it on the server connection that
#   the client gets, so a client without a name should have the same name as with PostgreSQL itself: ''.
# Seen: PgBouncer does not reset a parameter that a client does not send. The audit of the database, pg_stat_activity
#   and a trigger that records current_setting('application_name') name the other application.
# Versions: pg 8.23.1, PgBouncer 1.18 (Debian 12), PostgreSQL 15; PgBouncer's page "features", the table of
#   SQL feature support, and its configuration page (track_extra_parameters lists what is tracked).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v psql >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1 >/dev/null

bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
chmod 711 "$work"
install -d -o postgres "$work/pg"
as_postgres() { (cd / && runuser -u postgres -- "$@"); }
trap 'as_postgres "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
as_postgres "$bin/initdb" -D "$work/pg/data" -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
as_postgres "$bin/pg_ctl" -D "$work/pg/data" -w -l "$work/pg/log" \
  -o "-k $work/pg -c listen_addresses='' -c fsync=off" start >/dev/null

for package in pgbouncer libc-ares2; do
  apt-get download "$package" >/dev/null 2>&1 || { apt-get update -qq && apt-get download "$package" >/dev/null 2>&1; }
  dpkg-deb -x "$package"_*.deb "$work/pgbouncer"
done
export LD_LIBRARY_PATH="$work/pgbouncer/usr/lib/$(uname -m)-linux-gnu"
install -d -o postgres "$work/pool"
cat >"$work/pool/pgbouncer.ini" <<INI
[databases]
postgres = host=$work/pg user=postgres
[pgbouncer]
listen_addr =
unix_socket_dir = $work/pool
auth_type = any
pool_mode = transaction
INI
(cd / && exec runuser -u postgres -- "$work/pgbouncer/usr/sbin/pgbouncer" -q "$work/pool/pgbouncer.ini") >"$work/pool/log" 2>&1 &
pool=$!
trap 'kill "$pool" 2>/dev/null || true; wait "$pool" 2>/dev/null || true; as_postgres "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do [ -S "$work/pool/.s.PGSQL.6432" ] && break; sleep 0.1; done

node - "$work/pg" "$work/pool" <<'JS'
const pg = require('pg');

async function nameSeen(host, port, name) {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres', application_name: name });
  await client.connect();
  const { rows } = await client.query(
    'select application_name as name from pg_stat_activity where pid = pg_backend_pid()',
  );
  await client.end();
  return rows[0].name;
}

async function main() {
  const [, , direct, pooled] = process.argv;
  let so = true;
  for (const [server, host, port] of [['PostgreSQL', direct, 5432], ['PgBouncer', pooled, 6432]]) {
    const billing = await nameSeen(host, port, 'billing');
    const unnamed = await nameSeen(host, port, undefined);
    console.log(`${server}: "billing" is seen as "${billing}", the client without a name as "${unnamed}"`);
    so &&= billing === 'billing' && unnamed === (server === 'PgBouncer' ? 'billing' : '');
  }
  process.exit(so ? 0 : 1);
}
main();
JS

#!/usr/bin/env bash
# A pool with pg's statement_timeout works with PostgreSQL and cannot connect at all through PgBouncer.
#
# Expected: the connection opens, without the limit if the server does not support it. PgBouncer's documentation lists
#   `SET` as unsupported by transaction pooling; pg documents `statement_timeout` as an option of the client and does
#   not say how it is sent.
# Seen: pg puts it into the start-up packet, and PgBouncer answers the packet with 08P01: no query is ever sent. The
#   same holds for lock_timeout, idle_in_transaction_session_timeout and for setting them through `options`; pg itself
#   enforces query_timeout, which works.
# Versions: pg 8.23.1, PgBouncer 1.18 (Debian 12), PostgreSQL 15; PgBouncer's page "config",
#   ignore_startup_parameters, which is the cure on the other side.
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

async function connect(host, port, limit) {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres', ...limit });
  try {
    await client.connect();
    await client.query('select 1');
    await client.end();
    return 'connected';
  } catch (error) {
    return `${error.code} ${error.message}`;
  }
}

async function main() {
  const [, , direct, pooled] = process.argv;
  const limits = [
    {},
    { query_timeout: 1000 },
    { statement_timeout: 1000 },
    { lock_timeout: 1000 },
    { idle_in_transaction_session_timeout: 1000 },
    { options: '-c statement_timeout=1000' },
  ];
  let so = true;
  for (const [index, limit] of limits.entries()) {
    const seen = [await connect(direct, 5432, limit), await connect(pooled, 6432, limit)];
    console.log(`${JSON.stringify(limit)}: PostgreSQL: ${seen[0]}; PgBouncer: ${seen[1]}`);
    so &&= seen[0] === 'connected' && (index < 2 ? seen[1] === 'connected' : seen[1].startsWith('08P01'));
  }
  process.exit(so ? 0 : 1);
}
main();
JS

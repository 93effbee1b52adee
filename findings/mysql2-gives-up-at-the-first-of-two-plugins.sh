#!/usr/bin/env bash
# A MariaDB account with two authentication plugins: whether mysql2 can log in depends on their order.
#
# Expected: either plugin is enough. "IDENTIFIED VIA ed25519 ... OR mysql_native_password ..." means that the server
#   tries one after the other and that passing one of them suffices; accounts are moved to a newer plugin in this way.
# Seen: mysql2 does not know ed25519, closes the connection at the server's first question and never receives the
#   second, which it could answer. In the reverse order it logs in. The mariadb package and the command line client
#   log in with both orders.
# Versions: mysql2 3.24.6, mariadb 3.5.4, MariaDB 10.11 (Debian 12); MariaDB's page "Authentication from MariaDB
#   10.4", section on several plugins for one account.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v mariadbd >/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mariadb-server-core mariadb-client-core >/dev/null
apt-get download mariadb-server >/dev/null 2>&1 || { apt-get update -qq && apt-get download mariadb-server >/dev/null 2>&1; }
dpkg-deb -x mariadb-server_*.deb "$work/server"
npm install --silent --no-audit --no-fund mysql2@3.24.6 mariadb@3.5.4 >/dev/null

mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db \
  --datadir="$work/data" >"$work/install.log" 2>&1
mariadbd --no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/socket" --skip-networking \
  --pid-file="$work/pid" \
  --plugin-dir="$work/server/usr/lib/mysql/plugin" --plugin-load-add=auth_ed25519 --plugin-maturity=gamma >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do mariadb-admin --no-defaults -S "$work/socket" ping >/dev/null 2>&1 && break; sleep 0.25; done
mariadb --no-defaults -S "$work/socket" -e "create database app; create user app identified by 'app';
  grant all on app.* to app"

mariadb --no-defaults -S "$work/socket" -e "
  create user newer_first identified via ed25519 using password('app') or mysql_native_password using password('app');
  create user older_first identified via mysql_native_password using password('app') or ed25519 using password('app')"
node - "$work/socket" <<'JS'
const drivers = { mysql2: require('mysql2/promise'), mariadb: require('mariadb') };

async function main() {
  const seen = {};
  for (const [driver, { createConnection }] of Object.entries(drivers)) {
    for (const user of ['newer_first', 'older_first']) {
      seen[`${driver} ${user}`] = await createConnection({ socketPath: process.argv[2], user, password: 'app' }).then(
        async (connection) => {
          await connection.end();
          return 'in';
        },
        (error) => error.code,
      );
    }
  }
  console.log(seen);
  const so =
    seen['mysql2 newer_first'] === 'AUTH_SWITCH_PLUGIN_ERROR' &&
    ['mysql2 older_first', 'mariadb newer_first', 'mariadb older_first'].every((login) => seen[login] === 'in');
  process.exit(so ? 0 : 1);
}
main();
JS

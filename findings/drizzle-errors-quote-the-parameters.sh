#!/usr/bin/env bash
# Every error message of Drizzle contains the statement's values in clear.
#
# Expected: the values that a statement binds stay out of messages, as with pg, mysql2 and libsql, on which Drizzle is
#   built: their messages name only the fault. Loggers write the message first.
# Seen: DrizzleQueryError, which wraps every failure since 0.44, writes "params:" and all values. If an app changes a
#   password only while the old hash is unchanged, the log has both hashes when the database is down. The cause is the
#   driver's own error, without the values.
# Versions: drizzle-orm 0.45.1, @libsql/client 0.15.15; "DrizzleQueryError" in the release notes of drizzle-orm 0.44.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund drizzle-orm@0.45.1 @libsql/client@0.15.15 >/dev/null

node - <<'JS'
const { createClient } = require('@libsql/client');
const { sql } = require('drizzle-orm');
const { drizzle } = require('drizzle-orm/libsql');

async function main() {
  const db = drizzle(createClient({ url: 'file:people.db' }));
  const hash = 'the-hash-of-somebody';
  // The table has not been migrated yet.
  const error = await db.run(sql`update people set name = 'x' where password = ${hash}`).catch((e) => e);
  const isQuoted = error.message.includes(hash);
  const isInCause = String(error.cause?.message).includes(hash);
  console.log(`${error.constructor.name}: ${JSON.stringify(error.message)}`);
  console.log(`its cause: ${error.cause?.message}`);
  process.exit(isQuoted && !isInCause ? 0 : 1);
}
main();
JS

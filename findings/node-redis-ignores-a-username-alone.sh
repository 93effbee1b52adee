#!/usr/bin/env bash
# `username: 'reader'` without a password: ioredis connects as reader, node-redis as `default`, and neither reports a
# problem.
#
# Expected: the configured user, or an error. A Redis user created with `nopass` logs in by AUTH with any password,
#   and both packages document `username` as the ACL user to log in as.
# Seen: node-redis sends no credentials unless there is a password, and a URL such as redis://reader@host has the same
#   effect; the connection then runs with the rights of `default`, which may be more or fewer. An empty string as the
#   password does not change this.
# Versions: redis 6.3.1, ioredis 5.11.1, Redis 7.0 (Debian 12); Redis' page "ACL SETUSER" (nopass), node-redis'
#   page on client configuration.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
command -v redis-server >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server >/dev/null
npm install --silent --no-audit --no-fund redis@6.3.1 ioredis@5.11.1 >/dev/null

redis-server --port 0 --unixsocket "$work/socket" --save '' --dir "$work" --daemonize no >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do [ -S "$work/socket" ] && break; sleep 0.1; done
redis-cli -s "$work/socket" ACL SETUSER reader on nopass '~*' '+@read' '+acl|whoami' '+info' '+@connection' >/dev/null

node - "$work/socket" <<'JS'
const Redis = require('ioredis');
const { createClient } = require('redis');

const path = process.argv[2];

async function byNodeRedis(options) {
  const client = createClient({ ...options, socket: { path } });
  client.on('error', () => {});
  await client.connect();
  const name = await client.sendCommand(['ACL', 'WHOAMI']);
  await client.close();
  return name;
}
async function byIoredis(options) {
  const client = new Redis({ path, ...options });
  const name = await client.call('ACL', 'WHOAMI');
  client.disconnect();
  return name;
}

async function main() {
  const seen = {
    'ioredis, username': await byIoredis({ username: 'reader' }),
    'node-redis, username': await byNodeRedis({ username: 'reader' }),
    'node-redis, username and an empty password': await byNodeRedis({ username: 'reader', password: '' }),
    'node-redis, username and any password': await byNodeRedis({ username: 'reader', password: 'any' }),
  };
  console.log(seen);
  process.exit(Object.values(seen).join() === 'reader,default,default,reader' ? 0 : 1);
}
main();
JS

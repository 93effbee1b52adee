#!/usr/bin/env bash
# A middleware of Express that calls next() twice runs a route that a later, asynchronous guard is about to refuse.
#
# Expected: an error, as Koa throws "next() called multiple times"; or that the second call changes nothing.
# Seen: all handlers of a route share one counter. The first call starts the guard, which waits for its user; the
#   second call goes on behind the guard, and the handler answers 200. The refusal of the guard then comes too late. A
#   forgotten `return` in front of one next() is enough; behind a guard that decides synchronously nothing is seen.
# Versions: express 5.3.0 and 4.22.3, koa 3.3.0; the guide's page on using middleware says only that a middleware that
#   does not end the request must call next().
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund express@5.3.0 express4@npm:express@4.22.3 koa@3.3.0 >/dev/null

node - <<'JS'
const Koa = require('koa');
const http = require('node:http');

const later = () => new Promise((resolve) => setImmediate(resolve));

function onExpress(express) {
  const app = express();
  const careless = (request, response, next) => {
    next();
    next();
  };
  const guard = async (request, response) => {
    await later();
    if (!response.headersSent) response.sendStatus(401);
  };
  return app.get('/', careless, guard, (request, response) => response.send('inside'));
}

function onKoa() {
  const app = new Koa();
  app.silent = true;
  app.use(async (context, next) => {
    const first = next();
    await next();
    await first;
  });
  app.use(async (context) => {
    await later();
    context.status = 401;
  });
  app.use((context) => {
    context.body = 'inside';
  });
  return app.callback();
}

async function statusOf(listener) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { status } = await fetch(`http://127.0.0.1:${server.address().port}/`);
  server.close();
  return status;
}

async function main() {
  const seen = {
    'express 5': await statusOf(onExpress(require('express'))),
    'express 4': await statusOf(onExpress(require('express4'))),
    koa: await statusOf(onKoa()),
  };
  for (const [name, status] of Object.entries(seen)) console.log(`${name}: ${status}`);
  const so = seen['express 5'] === 200 && seen['express 4'] === 200 && seen.koa !== 200;
  process.exit(so ? 0 : 1);
}
main();
JS

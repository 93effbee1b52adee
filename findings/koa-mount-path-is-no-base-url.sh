#!/usr/bin/env bash
# With koa-mount, ctx.mountPath + ctx.path is in two places a path that no client requested.
#
# Expected: as baseUrl of Express: ctx.mountPath + ctx.path is the path as sent, wherever a middleware runs.
# Seen: (1) Behind a mount whose middleware calls next(), ctx.path is whole again, but ctx.mountPath stays: together
#   /shop/shop/cart. (2) In a mount within a mount it is the inner prefix alone: together /cart/7, without /shop. An
#   access log, a link or a rule that joins the two is wrong there; Express gives /shop/cart/7 in all places.
# Versions: koa 3.3.0, koa-mount 4.2.0, express 5.2.1; index.js of koa-mount, which sets mountPath and never resets it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund koa@3.3.0 koa-mount@4.2.0 express@5.2.1 >/dev/null

node - <<'JS'
const http = require('node:http');
const Koa = require('koa');
const mount = require('koa-mount');
const express = require('express');

async function seenBy(handler, path) {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`);
  const text = await response.text();
  server.closeAllConnections();
  server.close();
  return text;
}

async function main() {
  const pass = (ctx, next) => next();
  const show = (ctx) => {
    ctx.body = (ctx.mountPath ?? '') + ctx.path;
  };
  const showOfExpress = (request, response) => response.send(request.baseUrl + request.path);

  const behind = new Koa().use(mount('/shop', pass)).use(show);
  const nested = new Koa().use(mount('/shop', new Koa().use(mount('/cart', show))));
  const behindOfExpress = express().use('/shop', (request, response, next) => next()).use(showOfExpress);
  const nestedOfExpress = express().use('/shop', express.Router().use('/cart', showOfExpress));

  const seen = {
    'koa-mount, behind a mount': await seenBy(behind.callback(), '/shop/cart'),
    'koa-mount, a mount in a mount': await seenBy(nested.callback(), '/shop/cart/7'),
    'Express, behind a mount': await seenBy(behindOfExpress, '/shop/cart'),
    'Express, a mount in a mount': await seenBy(nestedOfExpress, '/shop/cart/7'),
  };
  for (const [place, path] of Object.entries(seen)) console.log(`${place}: ${path}`);
  const so = Object.values(seen).join(' ') === '/shop/shop/cart /cart/7 /shop/cart /shop/cart/7';
  process.exit(so ? 0 : 1);
}
main();
JS

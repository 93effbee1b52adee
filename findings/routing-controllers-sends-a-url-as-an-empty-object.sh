#!/usr/bin/env bash
# An action returns { home: new URL(...) } and the client reads {"home":{}}.
#
# Expected: the result of JSON.stringify, which both frameworks send without routing-controllers: the JSON of a URL is
#   its address, and an object's toJSON() decides the output.
# Seen: routing-controllers passes results through class-transformer first, by default. It copies own properties into
#   a new object, so every toJSON() except that of a Date is lost: a URL has no own properties and becomes {}, and a
#   class that shortens its output in toJSON() is sent whole. With `classTransformer: false` both are sent as
#   expected.
# Versions: routing-controllers 0.11.3, class-transformer 0.5.1, koa 2.16.1; routing-controllers' README, section
#   "Using class-transformer", which speaks of classes with @Exclude and @Expose only.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --legacy-peer-deps routing-controllers@0.11.3 class-transformer@0.5.1 \
  class-validator@0.14.1 reflect-metadata@0.2.2 koa@2.16.1 @koa/router@12.0.1 koa-bodyparser@4.4.1 >/dev/null

node - <<'JS'
require('reflect-metadata');
const { createKoaServer, Get, JsonController } = require('routing-controllers');

class Profile {
  constructor() {
    this.name = 'alice';
    this.home = new URL('http://example.com/alice');
    this.note = 'not for clients';
  }
  toJSON() {
    return { name: this.name, home: this.home };
  }
}
class Profiles {
  get() {
    return new Profile();
  }
}
Get('/profile')(Profiles.prototype, 'get');
JsonController()(Profiles);

async function read(options) {
  const app = createKoaServer({ controllers: [Profiles], ...options });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const text = await (await fetch(`http://127.0.0.1:${server.address().port}/profile`)).text();
  server.close();
  return text;
}

async function main() {
  const plain = JSON.stringify(new Profile());
  const transformed = await read({});
  const untransformed = await read({ classTransformer: false });
  console.log(`JSON.stringify: ${plain}\nsent: ${transformed}\nsent with classTransformer false: ${untransformed}`);
  process.exit(untransformed === plain && transformed.includes('"home":{},"note"') ? 0 : 1);
}
main();
JS

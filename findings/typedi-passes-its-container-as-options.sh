#!/usr/bin/env bash
# A service whose constructor has one optional parameter gets TypeDI's container in its place.
#
# Expected: undefined, so that the default applies: the class states no type for the parameter, or inherits its
#   constructor, so there is nothing to inject. TypeDI's page on constructor injection speaks of parameters with a
#   class as their type.
# Seen: TypeDI always passes the container itself as one more argument after the injected ones. Without injected
#   arguments the container is the first: `options.ttlSeconds` reads a property of the container, is undefined, and
#   the default value of the parameter is never used. A subclass without its own constructor is the usual case.
# Versions: typedi 0.10.0, reflect-metadata 0.2.2; TypeDI's documentation, "Constructor injection".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund typedi@0.10.0 reflect-metadata@0.2.2 >/dev/null

node - <<'JS'
require('reflect-metadata');
const { Container, Service } = require('typedi');

class Tokens {
  constructor(options = { ttlSeconds: 60 }) {
    this.options = options;
  }
}
class AppTokens extends Tokens {}
Service()(AppTokens);

const byHand = new AppTokens().options;
const byContainer = Container.get(AppTokens).options;
console.log(`new: ttlSeconds ${byHand.ttlSeconds}`);
console.log(`Container.get: a ${byContainer.constructor.name}, ttlSeconds ${byContainer.ttlSeconds}`);
process.exit(byHand.ttlSeconds === 60 && byContainer.constructor.name === 'ContainerInstance' ? 0 : 1);
JS

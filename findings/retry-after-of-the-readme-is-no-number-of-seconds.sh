#!/usr/bin/env bash
# The README of rate-limiter-flexible shows a Retry-After header that HTTP does not allow.
#
# Expected: whole seconds. RFC 9110, section 10.2.3: `delay-seconds = 1*DIGIT`.
# Seen: `msBeforeNext / 1000`, as the README writes it, is a fraction for nearly every refusal, so clients need not
#   understand the value. If a limiter never expires (duration 0), the package's own marker for this, -1, turns it
#   into "-0.001", and X-RateLimit-Reset becomes the present second.
# Versions: rate-limiter-flexible 11.4.0; its README, section on HTTP headers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund rate-limiter-flexible@11.4.0 >/dev/null

node - <<'JS'
const { readFileSync } = require('node:fs');
const { RateLimiterMemory } = require('rate-limiter-flexible');

const readme = readFileSync('node_modules/rate-limiter-flexible/README.md', 'utf8');
const recipe = readme.split('\n').find((line) => line.includes('"Retry-After"'));

async function refusal(options) {
  const limiter = new RateLimiterMemory({ points: 1, ...options });
  await limiter.consume('alice');
  await new Promise((resolve) => setTimeout(resolve, 20));
  return limiter.consume('alice').then(() => undefined, (refused) => refused);
}

async function main() {
  const values = {};
  for (const duration of [30, 0]) {
    const { msBeforeNext } = await refusal({ duration });
    values[duration] = String(msBeforeNext / 1000);
    console.log(`duration ${duration}: msBeforeNext ${msBeforeNext}, Retry-After: ${values[duration]}`);
  }
  console.log(`README: ${recipe.trim()}`);
  const digits = /^\d+$/;
  const so = recipe.includes('msBeforeNext / 1000') && !digits.test(values[30]) && values[0] === '-0.001';
  process.exit(so ? 0 : 1);
}
main();
JS

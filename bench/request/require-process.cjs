/** A fresh process without a compiler: what it takes to require one package once the others are there. */
const { createRequire } = require('node:module');

const [, , from, name, ...before] = process.argv;
const load = createRequire(from);
for (const other of before) load(other);

const state = () => {
  const { user, system } = process.cpuUsage();
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return { milliseconds: (user + system) / 1000, rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20 };
};

const first = state();
// The collection above is not part of what is measured.
const { user, system } = process.cpuUsage();
load(name);
const second = state();
console.log(
  JSON.stringify({
    milliseconds: second.milliseconds - (user + system) / 1000,
    rss: second.rss - first.rss,
    heap: second.heap - first.heap,
  }),
);

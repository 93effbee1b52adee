import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';

const SOURCES = resolve(__dirname, '../../../../src');
const FILE = join(SOURCES, 'passwords/work/hash-worker.ts');
const LOADED = `
  const { parentPort, workerData } = require('node:worker_threads');
  require(workerData.file);
  parentPort.postMessage({ kind: 'loaded', files: Object.keys(require('node:module')._cache) });`;

describe('The module of hash threads', () => {
  it('loads only the schemes, not errors or options, which would load routing-controllers into each thread', async () => {
    const workerData = { file: FILE, engines: ['bcryptjs'], argon2: 'argon2' };
    const worker = new Worker(LOADED, { eval: true, workerData });
    try {
      const [ready] = (await once(worker, 'message')) as [unknown];
      expect(ready).to.deep.equal({ kind: 'ready' });
      const [{ files }] = (await once(worker, 'message')) as [{ files: readonly string[] }];
      expect(files).to.include(FILE);
      const schemes = join(SOURCES, 'passwords/');
      const others = files.filter((file) => file.startsWith(SOURCES) && !file.startsWith(schemes));
      expect(others).to.deep.equal([join(SOURCES, 'util/lazy.ts')]);
      expect(files.filter((file) => file.includes('routing-controllers'))).to.deep.equal([]);
    } finally {
      await worker.terminate();
    }
  });
});

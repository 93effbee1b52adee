import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { compiled } from './compiled';

const ROOT = resolve(__dirname, '../..');

describe('Unhandled rejections and exceptions', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'securest-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** Runs mocha over one file, in a process of its own. */
  function run(source: string): { status: number | null; output: string } {
    const file = join(folder, 'one.test.js');
    writeFileSync(file, source);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...[join(ROOT, 'node_modules/mocha/bin/mocha.js'), '--no-config'],
        ...['--require', compiled('test/support/unhandled.ts'), file],
      ],
      { cwd: ROOT, encoding: 'utf8' },
    );
    return { status, output: stdout + stderr };
  }

  it('let a run without any pass', () => {
    const { status, output } = run(`
      it('handles its own', () => Promise.reject(new Error('canary')).catch(() => undefined));
    `);
    expect(status, output).to.equal(0);
    expect(output).to.include('1 passing').and.not.include('failing');
  });

  it('fail the run with their number, the tests and the places, and without their messages', () => {
    const { status, output } = run(`
      describe('A suite', () => {
        it('rejects and passes', (done) => { void Promise.reject(new TypeError('canary')); setImmediate(done); });
        it('rejects with a text', (done) => { void Promise.reject('canary'); setImmediate(done); });
        it('rejects with a hostile value', (done) => {
          void Promise.reject(new Proxy({}, { getPrototypeOf() { throw new Error('canary'); } }));
          setImmediate(done);
        });
        it('does nothing of the kind', () => undefined);
      });
    `);
    expect(status).to.equal(1);
    expect(output).to.include('4 passing').and.include('1 failing').and.include('3 unhandled:');
    expect(output).to.match(
      /rejection of TypeError during "A suite rejects and passes"\s+at .*one\.test\.js/,
    );
    expect(output).to.include('rejection of string during "A suite rejects with a text"');
    expect(output).to.include('rejection of a hostile value during "A suite rejects with a hostile value"');
    expect(output).to.not.include('canary');
  });

  it('fail the run when the last test or a hook after it leaves them behind', () => {
    const late = `after(() => void Promise.reject(new RangeError('canary')));`;
    for (const source of [
      `it('is the last', () => void Promise.reject(new RangeError('canary')));`,
      `describe('A suite', () => { it('passes', () => undefined); ${late} });`,
      `it('passes', () => undefined); ${late}`,
      `it('passes', () => undefined); after(() => void setTimeout(() => Promise.reject(new RangeError('canary')), 50));`,
    ]) {
      const { status, output } = run(source);
      expect(status, source).to.not.equal(0);
      expect(output, source).to.include('rejection of RangeError').and.not.include('canary');
    }
  });

  it('are counted for an exception that a timer throws, too', () => {
    const { status, output } = run(`
      it('throws later', (done) => { setTimeout(() => { throw new RangeError('x'); }, 1); setTimeout(done, 100); });
    `);
    expect(status).to.not.equal(0);
    expect(output).to.include('1 unhandled:').and.include('exception of RangeError during "throws later"');
  });
});

/** The library where TypeDI is not installed: it is an optional peer. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const FOLDER = join(__dirname, '../../fixtures/without-typedi');

async function answersOf(kind: string): Promise<Record<string, unknown>> {
  const args = ['-r', join(FOLDER, 'hide.cjs'), '-r', '@swc-node/register', join(FOLDER, 'app.ts'), kind];
  const { stdout } = await run(process.execPath, args, { cwd: join(__dirname, '../../..') });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('Without TypeDI', function () {
  this.timeout(60_000);

  it('classes without constructor parameters make an app', async () => {
    const { anonymous, known, other } = await answersOf('plain');
    expect({ anonymous, known }).to.deep.equal({ anonymous: 401, known: [200, { notesOf: 'ann' }] });
    expect(other).to.have.nested.property('[0]', 200);
  });

  it('a class that asks for something keeps the app from starting, and the error says what helps', async () => {
    const { error } = await answersOf('needy provider');
    expect(error).to.include('Needy has constructor parameters').and.include('npm install typedi');
  });

  it("an app's own container injects", async () => {
    expect(await answersOf('own container')).to.deep.equal({
      anonymous: 401,
      known: [200, { notesOf: 'ann' }],
      other: [200, { greeting: 'injected' }],
    });
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../support/compiled';

const PAGE = readFileSync(join(__dirname, '../../docs/command.md'), 'utf8');
const PROMPTS = 'Password:\nAgain:\n';

describe('The page on the command', function () {
  this.timeout(60_000);

  it('shows what the command prints', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'securest-'));
    try {
      const blocks = [...PAGE.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block);
      const steps = blocks.flatMap((block) => block.split(/^\$ /m).slice(1));
      expect(steps).to.have.length.greaterThan(5);
      for (const step of steps) {
        const [line = ''] = step.split('\n', 1);
        const shown = step.slice(line.length + 1);
        const [program = '', name = '', ...args] = line.split(' ');
        if (program === 'cat') {
          writeFileSync(join(folder, name), shown);
          continue;
        }
        expect([program, name]).to.deep.equal(['npx', 'securest']);
        const isAsked = shown.startsWith(PROMPTS);
        const { code, out, err } = await runCommand([...args, ...(isAsked ? ['--password-stdin'] : [])], {
          cwd: folder,
          input: 'correct horse staple\n',
        });
        expect([code, err, out], line).to.deep.equal([0, '', isAsked ? shown.slice(PROMPTS.length) : shown]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

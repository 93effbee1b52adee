import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../support/compiled';
import frameworks from '../../vectors/framework_hashes.json';

const PROMPTS = 'Password:\nAgain:\n';
const REFUSED = /^Nothing was added$|password_hash cannot be read/m;

interface Step {
  readonly line: string;
  readonly shown: string;
}

function page(name: string): string {
  return readFileSync(join(__dirname, '../../../docs', name), 'utf8');
}

/** The commands of one block, with what they print. */
function stepsOf(block: string): Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [line = ''] = step.split('\n', 1);
      return { line, shown: step.slice(line.length + 1) };
    });
}

function blocksOf(text: string): string[] {
  return [...text.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/** Words of a shell, as far as the pages quote. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare = '']) => quoted ?? bare);
}

async function follow(steps: readonly Step[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'securest-'));
  try {
    for (const { line, shown } of steps) {
      const [program = '', name = '', ...args] = words(line);
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
      expect([code, out + err], line).to.deep.equal([
        REFUSED.test(shown) ? 1 : 0,
        isAsked ? shown.slice(PROMPTS.length) : shown,
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('The page on the command', function () {
  this.timeout(60_000);

  it('shows what the command prints', async () => {
    const steps = blocksOf(page('command.md')).flatMap(stepsOf);
    expect(steps).to.have.length.greaterThan(5);
    await follow(steps);
  });
});

describe('The page on moving users', function () {
  this.timeout(60_000);
  const text = page('moving-users-here.md');
  const sections = text
    .split(/^## /m)
    .slice(1)
    .map((section) => ({ title: section.split('\n', 1)[0] ?? '', steps: blocksOf(section).flatMap(stepsOf) }))
    .filter(({ steps }) => steps.length > 0);

  it('has a section for each system of its table', () => {
    const listed = [...text.matchAll(/^\| \[([^\]]+)\]\(#/gm)];
    expect(sections).to.have.length(listed.length).and.to.have.length.greaterThan(9);
  });

  for (const { title, steps } of sections) {
    // A section may begin with a table that is to be made.
    const needsFile = !steps.some(({ line }) => line === 'cat users.yaml');
    it(`shows what the command prints for ${title}`, () =>
      follow(needsFile ? [{ line: 'cat users.yaml', shown: 'users: []\n' }, ...steps] : steps));
  }

  it('shows hashes that these systems have made', () => {
    const known = frameworks.vectors.flatMap(({ hash, command }) => [
      hash.replace(/^\{bcrypt\}/, ''),
      command,
    ]);
    const shown = [
      ...text.matchAll(/\$(?:wp\$)?2[aby]\$\d\d\$[\w./]{53}|scrypt:\d\S{100,}(?=,true)|AA?[\w+/]{60,}==/g),
    ];
    expect(shown).to.have.length.greaterThan(6);
    for (const [hash] of shown)
      expect(
        known.some((text) => text.includes(hash)),
        hash,
      ).to.equal(true);
  });
});

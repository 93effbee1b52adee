/** What requiring a package takes in a process that has the host already. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildOf, HERE } from '../library';
import { ascending, type RunSection } from '../section';
import { figureOf } from '../statistics';

const ROUNDS = 9;
const HOST = ['reflect-metadata', 'koa', 'typedi', 'routing-controllers'];
const PROCESS = path.join(__dirname, '../require-process.cjs');

interface Required {
  readonly milliseconds: number;
  readonly rss: number;
  readonly heap: number;
}

/** What is required, from where, and what is there already. */
const PACKAGES: readonly { label: string; from: string; name: string; before: readonly string[] }[] = [
  {
    label: 'securest',
    from: path.join(HERE, 'package.json'),
    name: buildOf(),
    before: HOST,
  },
  ...['jose', 'jsonwebtoken', 'fast-jwt', 'passport-jwt', '@nestjs/core'].map((name) => ({
    label: name,
    from: path.join(HERE, 'bench/package.json'),
    name,
    before: ['reflect-metadata'],
  })),
  {
    label: 'routing-controllers',
    from: path.join(HERE, 'package.json'),
    name: 'routing-controllers',
    before: HOST.slice(0, 2),
  },
];

export const load: RunSection = async ({ rounds = ROUNDS }) => {
  const results = PACKAGES.map(() => [] as Required[]);
  // The first time reads the files from the disk.
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, { from, name, before }] of PACKAGES.entries()) {
      const result = await requireOnce(from, name, before);
      if (round >= 0) results[index]?.push(result);
    }
  }
  const rows = PACKAGES.map(({ label }, index) => {
    const figure = (key: keyof Required) => figureOf((results[index] ?? []).map((result) => result[key]));
    return { label, figures: [figure('milliseconds'), figure('rss'), figure('heap')] };
  });
  return {
    name: 'load',
    title: 'requiring a package, securest in a process that has its host already',
    columns: ['ms CPU', 'MiB of memory', 'MiB of heap'],
    rows: ascending(rows),
  };
};

async function requireOnce(from: string, name: string, before: readonly string[]): Promise<Required> {
  const args = ['--expose-gc', '--no-warnings', PROCESS, from, name, ...before];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Required;
}

/**
 * What large user files cost: adding a user to one, importing into a new one, and loading one, each in a process of
 * its own. Prints CPU, the largest memory, and ratios to another clone when `--against DIR` names one. It asserts
 * nothing.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build, buildOf, HERE } from './request/library';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    against: { type: 'string' },
  },
});
const users = Number(values.users);
const clones = [HERE, ...(values.against === undefined ? [] : [path.resolve(values.against)])];
const HASH = '$2b$04$n7oAak7VoJ/Zucdvr.172OeBhqeV58FZ3UfHFJwUflBd0hra9X7rS';

interface Cost {
  readonly cpu: number;
  readonly megabytes: number;
}

/** Runs a script that has `build`, the path of the library, and tells what its process took. */
function cost(clone: string, script: string, input = ''): Cost {
  const report = `process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    require('node:fs').writeSync(2, JSON.stringify({ cpu: (user + system) / 1e6, megabytes: process.resourceUsage().maxRSS / 1024 }));
  });`;
  const source = `const build = ${JSON.stringify(buildOf(clone))}; ${report} ${script}`;
  const shell = ['-c', 'exec "$0" -e "$1" 2>&1 >/dev/null', process.execPath, source];
  return JSON.parse(execFileSync('sh', shell, { cwd: clone, input, encoding: 'utf8' })) as Cost;
}

const command = (...args: readonly string[]): string =>
  `process.argv.splice(1, 9, 'securest', ...${JSON.stringify(args)}); require(build + '/cli/main.js');`;

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const folder = mkdtempSync(path.join(tmpdir(), 'securest-bench-'));
const inFolder = (name: string): string => path.join(folder, name);
const [plain, commented, target, table] = ['plain.yaml', 'commented.yaml', 'users.yaml', 'users.csv'].map(
  inFolder,
) as [string, string, string, string];
const names = Array.from({ length: users }, (_, index) => `user${String(index)}`);
const record = (name: string): string =>
  `  - username: ${name}\n    password: ${HASH}\n    email: ${name}@example.com\n    roles: [reader]\n`;
writeFileSync(plain, `users:\n${names.map(record).join('')}`);
writeFileSync(commented, `users:\n  # by name\n${names.map((name) => `${record(name)}\n`).join('')}`);
writeFileSync(
  table,
  `username,password_hash,roles\n${names.map((name) => `${name},${HASH},reader\n`).join('')}`,
);

const add =
  (file: string) =>
  (clone: string): Cost => {
    copyFileSync(file, target);
    return cost(
      clone,
      command('user', 'add', target, 'one-more', '--password-stdin'),
      'Tr0ub4dor-horse-9x\n',
    );
  };
const load =
  (file: string) =>
  (clone: string): Cost =>
    cost(clone, `new (require(build).FileUserstore)({ path: ${JSON.stringify(file)} }).close();`);
const LINES: readonly (readonly [string, (clone: string) => Cost])[] = [
  ['add to plain records', add(plain)],
  ['add to commented ones', add(commented)],
  [
    'import',
    (clone) => {
      rmSync(target, { force: true });
      return cost(clone, command('user', 'import', table, target, '--create'));
    },
  ],
  ['load plain records', load(plain)],
  ['load commented ones', load(commented)],
];

try {
  for (const clone of clones) build(clone);
  console.log(`${String(users)} users              CPU s       MB   of the other's CPU, memory`);
  for (const [title, measure] of LINES) {
    const costs = clones.map(() => [] as Cost[]);
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [index, clone] of clones.entries()) costs[index]?.push(measure(clone));
    }
    const [own, other] = costs.map((taken) => ({
      cpu: median(taken.map(({ cpu }) => cpu)),
      megabytes: median(taken.map(({ megabytes }) => megabytes)),
    }));
    if (own === undefined) continue;
    const ratios =
      other && `${(own.cpu / other.cpu).toFixed(3)}, ${(own.megabytes / other.megabytes).toFixed(2)}`;
    console.log(
      [
        title.padEnd(22),
        own.cpu.toFixed(2).padStart(9),
        own.megabytes.toFixed(0).padStart(8),
        `  ${ratios ?? ''}`,
      ].join(' '),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

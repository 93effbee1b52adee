/**
 * What a decision costs with 10 and with 10,000 path rules, beside a list of regular expressions made once from
 * the same rules, and what hostile paths cost. Prints ratios of one run; it asserts nothing.
 */
import { parseRequestPath } from '../src/authorization/paths/request-path';
import { type PathRules, readPermissionFile } from '../src/authorization/paths/permission-file';

const ROLES = new Set(['reader', 'editor']);
const PATHS = ['/area7/notes', '/area7/notes/17', '/area7/notes/17/tags', '/area9/locked', '/nowhere/at/all'];

function yaml(count: number): string {
  const rules = (effect: string, path: (index: number) => string) =>
    `  ${effect}:\n${Array.from({ length: count / 2 }, (_, index) => `    '${path(index)}': GET\n`).join('')}`;
  return `editor:\n${rules('allow', (index) => ALLOWED[index % 3]?.replace('N', String(index)) ?? '')}${rules(
    'deny',
    (index) => DENIED[index % 3]?.replace('N', String(index)) ?? '',
  )}`;
}

const ALLOWED = ['/areaN/notes/*', '/areaN/*/tags', '/areaN/notes*'];
const DENIED = ['/areaN/locked', '*/hiddenN', '/areaN/private*'];

function read(text: string): PathRules {
  const steps = readPermissionFile(text);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

type Decide = (path: string) => boolean;

function byTree({ allow, deny }: PathRules): Decide {
  return (sent) => {
    const path = parseRequestPath(sent);
    if (path === undefined || deny.find(path, 'GET', ROLES) !== undefined) return false;
    return allow.find(path, 'GET', ROLES) !== undefined;
  };
}

/** What an app would write by hand: every rule a regular expression, tried one after the other. */
function byList({ rules }: PathRules): Decide {
  const list = (effect: string) =>
    rules
      .filter((rule) => rule.effect === effect)
      .map(
        ({ pattern }) => new RegExp(`^${pattern.text.replace(/[.+]/g, '\\$&').replaceAll('*', '.*')}$`, 'i'),
      );
  const [allow, deny] = [list('allow'), list('deny')];
  return (path) => !deny.some((rule) => rule.test(path)) && allow.some((rule) => rule.test(path));
}

/** The median of nanoseconds a decision, over rounds of at least 20 ms. */
function nanoseconds(decide: Decide, paths: readonly string[]): number {
  const rounds = Array.from({ length: 15 }, () => {
    let decisions = 0;
    const start = process.hrtime.bigint();
    let spent = 0;
    while (spent < 20e6) {
      for (const path of paths) decide(path);
      decisions += paths.length;
      spent = Number(process.hrtime.bigint() - start);
    }
    return spent / decisions;
  });
  return rounds.toSorted((a, b) => a - b)[7] ?? Number.NaN;
}

const sizes = [10, 100, 1000, 10_000];
const files = sizes.map((count) => {
  const start = performance.now();
  const rules = read(yaml(count));
  return { count, rules, readMs: performance.now() - start };
});
let base: number | undefined;
console.log('rules   read ms   tree ns   to 10 rules   list ns   list to tree');
for (const { count, rules, readMs } of files) {
  const [tree, list] = [nanoseconds(byTree(rules), PATHS), nanoseconds(byList(rules), PATHS)];
  base ??= tree;
  console.log(
    [
      String(count).padEnd(6),
      readMs.toFixed(0).padStart(8),
      tree.toFixed(0).padStart(9),
      (tree / base).toFixed(2).padStart(13),
      list.toFixed(0).padStart(9),
      (list / tree).toFixed(1).padStart(14),
    ].join(' '),
  );
}

const HOSTILE: readonly [string, string][] = [
  ['4,095 letters', `/${'a'.repeat(4095)}`],
  ['256 segments', '/a'.repeat(256)],
  ['256 segments, all encoded', '/%61'.repeat(256)],
  ['16,000 characters', `/${'a/'.repeat(8000)}`],
  ['a bad end', `/${'a'.repeat(4000)}%`],
];
const large = read(`${yaml(10_000)}    '/*/a/*/a/*/a/*/x': GET\n    '/*a*a*a*a*x': GET\n    '/(a+)+': GET\n`);
console.log('\nhostile path with 10,000 rules   us');
for (const [name, path] of HOSTILE) {
  console.log(`${name.padEnd(30)} ${(nanoseconds(byTree(large), [path]) / 1000).toFixed(1).padStart(5)}`);
}

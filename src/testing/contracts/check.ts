import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';

/** @throws AssertionError that describes the difference, for the report of any test runner */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const message = `${what}: ${shown(expected)} is right, and it was ${shown(actual)}`;
  throw new AssertionError({ message, actual, expected, operator: 'deepStrictEqual' });
}

/** Checks that an entry is missing: null or undefined. */
export function absent(value: unknown, what: string): void {
  if (value !== null) same(value, undefined, what);
}

/** Counts the answers that are true; each must be a boolean, not only truthy or falsy. */
export function countTrue(answers: readonly unknown[], what: string): number {
  for (const answer of answers) {
    if (typeof answer !== 'boolean') same(answer, true, `${what} answers true or false`);
  }
  return answers.filter((answer) => answer === true).length;
}

const SHOWN = 120;

function shown(value: unknown): string {
  const text = value === undefined ? 'undefined' : JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

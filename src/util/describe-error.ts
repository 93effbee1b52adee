import { types } from 'node:util';
import { masked } from './masked';

/** A cause may be its own cause. */
const MAX_CAUSES = 5;

/** Name, message, stack and causes of whatever was thrown, which may be anything, without the secrets. */
export function describeError(thrown: unknown, secrets: readonly string[] = [], depth = 0): string {
  try {
    if (!isError(thrown)) return `${typeof thrown} was thrown`;
    const stack: unknown = thrown.stack;
    const cause: unknown = thrown.cause;
    const text = typeof stack === 'string' && stack !== '' ? stack : `${thrown.name}: ${thrown.message}`;
    // Before anything is cut, or half of a secret could be left.
    const told = masked(text, secrets);
    if (cause === undefined || depth === MAX_CAUSES) return told;
    return `${told} caused by ${describeError(cause, secrets, depth + 1)}`;
  } catch {
    return 'something unreadable was thrown';
  }
}

/** Name and message alone, of the cause where an error is the cause. */
export function describeReason(thrown: unknown, secrets: readonly string[] = []): string {
  try {
    const cause = (thrown as { cause?: unknown } | null | undefined)?.cause;
    const told = isError(cause) ? cause : thrown;
    return isError(told) ? masked(`${told.name}: ${told.message}`, secrets) : typeof told;
  } catch {
    return 'something unreadable was thrown';
  }
}

/** Of another realm too. @throws what the trap of a proxy throws */
function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

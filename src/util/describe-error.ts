import { types } from 'node:util';
import { masked } from './masked';

/** A bound, since a cause may be its own cause. */
const MAX_CAUSES = 5;

/** Name, message, stack and causes of any thrown value, without the secrets. */
export function describeError(thrown: unknown, secrets: readonly string[] = [], depth = 0): string {
  try {
    if (!isError(thrown)) return `${typeof thrown} was thrown`;
    const stack: unknown = thrown.stack;
    const cause: unknown = thrown.cause;
    const text = typeof stack === 'string' && stack !== '' ? stack : `${thrown.name}: ${thrown.message}`;
    // Masked before anything is cut: otherwise half of a secret could remain.
    const told = masked(text, secrets);
    if (cause === undefined || depth === MAX_CAUSES) return told;
    return `${told} caused by ${describeError(cause, secrets, depth + 1)}`;
  } catch {
    return 'something unreadable was thrown';
  }
}

/** Only name and message, of the cause if it is an error. */
export function describeReason(thrown: unknown, secrets: readonly string[] = []): string {
  try {
    const cause = (thrown as { cause?: unknown } | null | undefined)?.cause;
    const told = isError(cause) ? cause : thrown;
    return isError(told) ? masked(`${told.name}: ${told.message}`, secrets) : typeof told;
  } catch {
    return 'something unreadable was thrown';
  }
}

/** Accepts errors of another realm too. @throws the error of a proxy's trap */
function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

import type { SecurityEvent, SecurityEventListener } from '../core/events';
import type { Clock } from '../util/clock';
import { ignoreRejection } from '../util/ignore-rejection';
import { callable, oneOf, optional } from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import { ConfigurationError } from '../errors';
import { printable } from '../util/printable';
import { owaspNameOf } from './owasp';

/** The options of {@link auditLog}. */
export interface AuditLogOptions {
  /** 'owasp' adds `event` and `level` by OWASP's Application Logging Vocabulary. @default none */
  vocabulary?: 'owasp';
  /**
   * Called at the first failure of `write`, and at the next failure after it has worked again. @default a warning of
   * Node's, with the name of the error
   */
  onFailure?: (cause: unknown) => unknown;
  /** @default Date.now */
  clock?: Clock;
}

const OPTIONS = {
  vocabulary: optional(oneOf('owasp')),
  onFailure: optional(callable<(cause: unknown) => unknown>(), (cause: unknown): unknown =>
    // Without the message, which may quote the line.
    process.emitWarning(`The audit log cannot be written: ${nameOf(cause)}`, 'SecurestWarning'),
  ),
  clock: optional(callable<Clock>(), () => Date.now()),
} satisfies Record<keyof AuditLogOptions, Kind<unknown>>;

/** The version of the lines: it increases when a field changes or is removed, not when one is added. */
const VERSION = 1;
const MAX_TEXT = 2000;
const MAX_ITEMS = 100;
const MAX_DEPTH = 4;

/**
 * A listener for `onEvent` that writes each event as one line of JSON, without its line break: `v`, the version of the
 * lines; `time`, ISO 8601 in UTC; `event` and `level` if a vocabulary is set; and the fields of the event. Each text
 * has at most 2000 characters, and no control character, line break or mark that changes the direction of text.
 *
 * The result of `write` is not awaited. If `write` throws, rejects or is slow, no decision changes. If its target may
 * be slow, let `write` keep a bounded queue.
 * @param write receives a line; its result is not used
 * @throws ConfigurationError if `write` is not a function, and for unknown options or invalid values
 * @example createSecurity({ onEvent: auditLog((line) => file.write(`${line}\n`), { vocabulary: 'owasp' }) });
 */
export function auditLog(
  write: (line: string) => unknown,
  options: AuditLogOptions = {},
): SecurityEventListener {
  if (typeof (write as unknown) !== 'function') {
    throw new ConfigurationError('auditLog() takes a function that writes a line');
  }
  const { vocabulary, onFailure, clock } = parseOptions('auditLog', options, OPTIONS);
  let isFailing = false;
  const failed = (cause: unknown): void => {
    if (isFailing) return;
    isFailing = true;
    try {
      const result: unknown = onFailure(cause);
      ignoreRejection(result);
    } catch {
      // The failure handler may fail in the same way.
    }
  };
  return (event) => {
    try {
      const result = write(lineOf(event, clock(), vocabulary));
      if (result instanceof Promise) {
        result.then(() => {
          isFailing = false;
        }, failed);
        return;
      }
      ignoreRejection(result, failed);
      isFailing = false;
    } catch (cause) {
      failed(cause);
    }
  };
}

function lineOf(event: SecurityEvent, now: number, vocabulary: 'owasp' | undefined): string {
  const named = vocabulary === undefined ? undefined : owaspNameOf(event);
  return JSON.stringify({
    v: VERSION,
    time: new Date(now).toISOString(),
    ...(named && { event: withUser(named.name, event), level: named.level }),
    ...(bounded(event, 0) as object),
  });
}

/** The vocabulary's format: the name, and the user. */
function withUser(name: string, event: SecurityEvent): string {
  const user = 'user' in event ? event.user : undefined;
  return user === undefined ? name : `${name}:${printable(user, MAX_TEXT)}`;
}

/** A copy with short texts that are safe on a line; values that are not data are dropped. */
function bounded(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return printable(value, MAX_TEXT);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => bounded(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([name, member]) => [name, bounded(member, depth + 1)]),
  );
}

function nameOf(cause: unknown): string {
  try {
    return cause instanceof Error ? printable(cause.name) : typeof cause;
  } catch {
    return 'unreadable';
  }
}

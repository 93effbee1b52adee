/** The option `explain`: logs a line for each error response. The client receives at most the id of that line. */
import { randomUUID } from 'node:crypto';
import { type Audit, factsOf, secretsOf } from '../audit/audit';
import { SecurityError } from '../errors';
import type { SecurityRequest } from '../core/request';
import { isOnThisMachine } from '../http/client-address';
import { parsedBody, rawRequest } from '../http/raw';
import { describeReason } from '../util/describe-error';
import { isInstance } from '../util/instance';
import { masked } from '../util/masked';
import { printable } from '../util/printable';
import type { RefusalListener, RefusalRecord } from './recorder';

/** Carries the id of the log line that explains the refusal. */
const HEADER = 'X-Securest-Explain-Id';

/** Less than a line of the log, so that the id at its end is never cut off. */
const MAX_LENGTH = 1800;

/**
 * @param mode 'reply' sends a client on this machine the id of the log line
 * @param credentialHeaders the headers that any provider of the app reads
 */
export function explainRefusals(
  audit: Audit,
  mode: 'log' | 'reply',
  credentialHeaders: () => readonly string[],
): RefusalListener {
  return (record) => {
    const id = randomUUID();
    const line = printable(refusalLine(record, credentialHeaders()), MAX_LENGTH).slice(0, MAX_LENGTH);
    audit.info(`${line} [${id}]`);
    const isTold = mode === 'reply' && isOnThisMachine(rawRequest(record.request.action));
    return isTold ? { [HEADER]: id } : undefined;
  };
}

/** For example `403 DELETE /notes/7 (NotesController.remove) role admin (NotesController.remove) for eve; Password authenticated`. */
function refusalLine(record: RefusalRecord, credentialHeaders: readonly string[]): string {
  const { request, action, status, code, user, deniedBy, refusedBy, verdicts, error } = record;
  const { method, path } = factsOf(request);
  const sent = [...secretsOf(request, credentialHeaders), ...sentValues(request)];
  const by =
    deniedBy === undefined
      ? `${code}${refusedBy === undefined ? '' : ` by ${refusedBy}`}`
      : masked(deniedBy, sent);
  const outcomes = verdicts.map(({ provider, verdict, credentials, error: thrown }) => {
    const reason = reasonOf(thrown, [...sent, ...secretsOf(request, credentials)]);
    return `${provider} ${verdict}${reason === undefined ? '' : ` (${reason})`}`;
  });
  const isTold = verdicts.some(({ error: thrown }) => thrown !== undefined && thrown === error.cause);
  const cause = isTold || error.cause === undefined ? undefined : reasonOf(error, sent);
  return [
    `${String(status)} ${method} ${path}${action === undefined ? '' : ` (${action})`} ${by}${user === undefined ? '' : ` for ${user}`}`,
    ...(outcomes.length === 0 ? [] : [outcomes.join(', ')]),
    ...(cause === undefined ? [] : [cause]),
  ].join('; ');
}

/** Undefined for an error of the library that tells no more than its code. */
function reasonOf(thrown: unknown, secrets: readonly string[]): string | undefined {
  if (thrown === undefined) return undefined;
  if (isInstance<SecurityError>(thrown, SecurityError) && thrown.cause === undefined) return undefined;
  return describeReason(thrown, secrets);
}

/** Shorter values are words that any message may contain. */
const MIN_LENGTH = 4;

/** The values of query and body, decoded and as they were sent: code that reads them may quote them in its errors. */
function sentValues(request: SecurityRequest): string[] {
  const { action } = request;
  const [, query = ''] = /\?(.*)/s.exec(rawRequest(action).url ?? '') ?? [];
  const written = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const values = new Set([query, ...written, ...new URLSearchParams(query).values()]);
  const seen = new Set<object>();
  const left: unknown[] = [parsedBody(action)];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string') values.add(next).add(JSON.stringify(next).slice(1, -1));
    if (typeof next === 'number') values.add(String(next));
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    for (const value of Object.values(next)) left.push(value);
  }
  return [...values].filter(({ length }) => length >= MIN_LENGTH);
}

/** Writes a refusal where no host does: outside of actions. */
import type { Action } from '../core/exchange';
import type { SecurityError } from '../errors';
import { writeReply } from './write-reply';

/** @param error as `replyError()` made it, with its headers */
export function writeRefusal(action: Action, error: SecurityError): void {
  writeReply(action, {
    status: error.httpCode,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...error.headers },
    body: JSON.stringify(error),
  });
}

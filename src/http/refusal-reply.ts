/** Writes an error response outside of actions, where no framework writes it. */
import type { Action } from '../core/exchange';
import type { SecurityError } from '../errors';
import { writeReply } from './write-reply';

/** @param error the result of `replyError()`, with its headers */
export function writeRefusal(action: Action, error: SecurityError): void {
  writeReply(action, {
    status: error.httpCode,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...error.headers },
    body: JSON.stringify(error),
  });
}

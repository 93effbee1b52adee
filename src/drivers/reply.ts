import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { SecurityError } from '../errors';
import type { RefusalReply } from '../options';

/** Headers by name; several values become several header lines. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Sets headers on a reply that has not begun. A name or value that is no header changes nothing. */
export function setHeaders(response: ServerResponse | undefined, headers: ReplyHeaders): void {
  if (response === undefined || response.headersSent) return;
  for (const [name, value] of Object.entries(headers)) {
    try {
      response.setHeader(name, typeof value === 'string' ? value : [...value]);
    } catch {
      // A refusal goes out without what an app's hook got wrong, rather than not at all.
    }
  }
}

/**
 * Marks a reply as one that depends on who asks.
 * @see RFC 9111 section 5.2.2, RFC 9110 section 12.5.5
 */
export function dependOn(
  response: ServerResponse | undefined,
  credentialHeaders: readonly string[],
  isPersonal: boolean,
): void {
  if (response === undefined || response.headersSent) return;
  const vary = response.getHeader('Vary');
  if (vary === undefined) {
    if (credentialHeaders.length > 0) response.setHeader('Vary', credentialHeaders.join(', '));
  } else {
    const present = new Set(
      String(vary)
        .toLowerCase()
        .split(/[\s,]+/),
    );
    const missing = credentialHeaders.filter((name) => !present.has('*') && !present.has(name.toLowerCase()));
    if (missing.length > 0) response.setHeader('Vary', [String(vary), ...missing].join(', '));
  }
  if (isPersonal) response.setHeader('Cache-Control', 'private, no-store');
}

/** Puts what an app's hook wants into the error that the host is going to send. */
export function shapeRefusal(error: SecurityError, reply: RefusalReply): void {
  const { status, headers, body } = reply;
  // First, because it throws for what JSON cannot write: then nothing of the reply is taken.
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  if (typeof status === 'number' && status >= 300 && STATUS_CODES[status] !== undefined) {
    error.httpCode = status;
    Object.defineProperty(error, 'status', { value: status });
  }
  error.headers = { ...error.headers, ...headers };
  if (body === undefined) return;
  // JSON controllers send what toJSON() gives, text controllers the message.
  error.message = text;
  Object.defineProperty(error, 'toJSON', { value: () => body });
}

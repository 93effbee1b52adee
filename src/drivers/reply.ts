import { type ServerResponse, STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import { type SecurityError, SecurityFaultError } from '../errors';
import type { RefusalReply } from '../options';

/** Headers by name; several values become several header lines. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Sets headers on a reply that has not begun. What cannot be sent changes nothing. */
export function setHeaders(response: ServerResponse | undefined, headers: unknown): void {
  if (response === undefined || response.headersSent) return;
  for (const [name, value] of Object.entries(sendableHeaders(headers))) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
}

/**
 * The headers that can be sent. They come from the app's code, and a framework that is handed one which is no header
 * throws where nobody catches.
 */
export function sendableHeaders(headers: unknown): ReplyHeaders {
  const sendable: Record<string, string | readonly string[]> = {};
  if (typeof headers !== 'object' || headers === null) return sendable;
  for (const name of Object.keys(headers)) {
    try {
      const value: unknown = Reflect.get(headers, name);
      const lines: readonly unknown[] = Array.isArray(value) ? value : [value];
      validateHeaderName(name);
      for (const line of lines) validateHeaderValue(name, textOf(line));
      sendable[name] = Array.isArray(value) ? lines.map(textOf) : textOf(value);
    } catch {
      // A refusal goes out without what the app got wrong, rather than not at all.
    }
  }
  return sendable;
}

/** @throws TypeError for what is none */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('A header is a text');
}

/**
 * A copy of an error for one reply: the app may throw one object many times, or a frozen one, and has its hands on
 * every property of it. A status that is no refusal becomes 500.
 */
export function replyError(thrown: SecurityError): SecurityError {
  try {
    const copy = Object.create(Object.getPrototypeOf(thrown) as object) as SecurityError;
    for (const key of Reflect.ownKeys(thrown)) {
      const enumerable = Object.prototype.propertyIsEnumerable.call(thrown, key);
      const value: unknown = Reflect.get(thrown, key);
      Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
    }
    const { httpCode, headers } = copy as { httpCode: unknown; headers: unknown };
    if (!isRefusalStatus(httpCode)) return new SecurityFaultError({ cause: thrown });
    // Frameworks set this one.
    Object.defineProperty(copy, 'status', { value: httpCode, writable: true, configurable: true });
    Object.defineProperty(copy, 'headers', {
      value: sendableHeaders(headers),
      writable: true,
      configurable: true,
    });
    return copy;
  } catch (cause) {
    return new SecurityFaultError({ cause });
  }
}

function isRefusalStatus(status: unknown): status is number {
  return typeof status === 'number' && status >= 300 && STATUS_CODES[status] !== undefined;
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
  const text = typeof body === 'string' ? body : (JSON.stringify(body) as string | undefined);
  if (isRefusalStatus(status)) {
    error.httpCode = status;
    Object.defineProperty(error, 'status', { value: status, writable: true, configurable: true });
  }
  error.headers = { ...error.headers, ...sendableHeaders(headers) } as SecurityError['headers'];
  // JSON has no text for a function or a symbol.
  if (text === undefined) return;
  // JSON controllers send what toJSON() gives, text controllers the message.
  error.message = text;
  Object.defineProperty(error, 'toJSON', { value: () => body });
}

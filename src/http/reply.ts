import { type ServerResponse, STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import { NOTHING } from '../core/frozen-json';
import { type SecurityError, SecurityFaultError } from '../errors';
import type { RefusalReply } from '../options';

/** Headers by name; several values become several header lines. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Sets headers on a reply that has not begun, and adds cookies. Headers that cannot be sent are left out. */
export function setHeaders(response: ServerResponse | undefined, headers: unknown): void {
  if (response === undefined || response.headersSent) return;
  for (const [name, value] of Object.entries(sendableHeaders(headers))) {
    const lines = typeof value === 'string' ? value : [...value];
    // Each cookie has a line of its own; the cookies that the app has set already are kept.
    if (name.toLowerCase() === 'set-cookie') response.appendHeader(name, lines);
    else response.setHeader(name, lines);
  }
}

/**
 * Headers of the connection and of the body's framing. The framework writes them itself. A second value leaves the
 * client waiting for a body that never ends, or makes Node throw an exception that is not caught.
 * @see RFC 9110 sections 6.6.2, 7.6.1 and 7.8, RFC 9112 section 6
 */
const OF_THE_HOST: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"`;

/** A media type with its parameters. Express throws for any other text. @see RFC 9110 section 8.3.1 */
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))*$`);

/**
 * The headers that can be sent. They come from the app's code, and a framework that receives an invalid header throws
 * an exception that is not caught.
 */
export function sendableHeaders(headers: unknown): ReplyHeaders {
  const names = namesOf(headers);
  if (names.length === 0) return NOTHING;
  const sendable: Record<string, string | readonly string[]> = {};
  for (const name of names) {
    try {
      const value = valueOf(name, Reflect.get(headers as object, name));
      if (value !== undefined) sendable[name] = value;
    } catch {
      // An error response is sent without the app's invalid headers, rather than not at all.
    }
  }
  return sendable;
}

function namesOf(headers: unknown): readonly string[] {
  try {
    return typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];
  } catch {
    return [];
  }
}

/** @throws TypeError for an invalid header */
function valueOf(name: string, given: unknown): string | readonly string[] | undefined {
  validateHeaderName(name);
  if (OF_THE_HOST.has(name.toLowerCase())) return undefined;
  const value = Array.isArray(given) ? given.map(textOf) : textOf(given);
  for (const line of [value].flat()) validateHeaderValue(name, line);
  if (name.toLowerCase() !== 'content-type') return value;
  return typeof value === 'string' && MEDIA_TYPE.test(value) ? value : undefined;
}

/** @throws TypeError if it is not a string */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('A header is a text');
}

/**
 * A copy of an error for one reply: the app may throw one object many times, or a frozen object, and can change every
 * property of it. A status that is not an error status becomes 500.
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
    // Frameworks set this property.
    Object.defineProperty(copy, 'status', { value: httpCode, writable: true, configurable: true });
    Object.defineProperty(copy, 'headers', {
      value: sendableHeaders(headers),
      writable: true,
      configurable: true,
    });
    const { message, stack } = copy as { message: unknown; stack: unknown };
    const text = jsonOf(copy);
    if (text === undefined || typeof message !== 'string' || typeof stack !== 'string') {
      return new SecurityFaultError({ cause: thrown });
    }
    setJson(copy, text);
    return copy;
  } catch (cause) {
    return new SecurityFaultError({ cause });
  }
}

/** Undefined for a function and a symbol, which have no JSON. @throws for a value that JSON cannot write */
function jsonOf(value: unknown): string | undefined {
  return JSON.stringify(value);
}

/** Gives an error the status and the message of another. */
export function answerAs(error: SecurityError, { httpCode, message }: SecurityError): void {
  Object.assign(error, { httpCode, status: httpCode, message });
  if (Object.hasOwn(error, 'toJSON')) setJson(error, JSON.stringify({ ...error.toJSON(), message }));
}

/** Turns an error into a redirect, which a browser follows by GET. @see RFC 9110 section 15.4.4 */
export function redirect(error: SecurityError): void {
  Object.assign(error, { httpCode: 303, status: 303 });
}

/** The JSON of an error is computed once: if code of the app ran again in the framework, it could throw there. */
function setJson(error: SecurityError, text: string): void {
  Object.defineProperty(error, 'toJSON', {
    value: () => JSON.parse(text) as unknown,
    writable: true,
    configurable: true,
  });
}

function isRefusalStatus(status: unknown): status is number {
  return typeof status === 'number' && status >= 300 && STATUS_CODES[status] !== undefined;
}

/**
 * Marks a reply as dependent on the user.
 * @param credentialHeaders headers in which any request may have credentials
 * @param headersRead headers that were read for this request
 * @see RFC 9111 section 5.2.2, RFC 9110 section 12.5.5
 */
export function dependOn(
  response: ServerResponse | undefined,
  credentialHeaders: readonly string[],
  headersRead: readonly string[],
  isPersonal: boolean,
): void {
  if (response === undefined || response.headersSent) return;
  const vary = response.getHeader('Vary');
  const present =
    vary === undefined
      ? []
      : String(vary)
          .toLowerCase()
          .split(/[\s,]+/);
  if (!present.includes('*')) {
    let value = vary === undefined ? '' : String(vary);
    const add = (name: string): void => {
      if (!present.includes(name)) value += value === '' ? name : `, ${name}`;
    };
    for (const name of credentialHeaders) add(name);
    for (const name of headersRead) if (!credentialHeaders.includes(name)) add(name);
    if (value !== '') response.setHeader('Vary', value);
  }
  if (isPersonal) response.setHeader('Cache-Control', 'private, no-store');
}

/** Applies the changes of an app's hook to the error that the framework is going to send. */
export function shapeRefusal(error: SecurityError, reply: RefusalReply): void {
  const { status, headers, body } = reply;
  // First, because it throws for values that JSON cannot write: then no part of the reply is applied.
  const json = jsonOf(body);
  if (isRefusalStatus(status)) {
    error.httpCode = status;
    Object.defineProperty(error, 'status', { value: status, writable: true, configurable: true });
  }
  error.headers = { ...error.headers, ...sendableHeaders(headers) } as SecurityError['headers'];
  if (json === undefined) return;
  // JSON controllers send the result of toJSON(), text controllers the message.
  error.message = typeof body === 'string' ? body : json;
  setJson(error, json);
}

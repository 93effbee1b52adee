/**
 * The cookie of a session: `<handle>.<secret>`. The handle never changes and finds the entry; the secret changes and
 * opens it.
 * @see RFC 6265bis section 4.1.3.2 for the prefix
 */
import { hash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { isSameSecret } from '../util/same-secret';
import type { CookieSettings } from './session-options';

/** The cookie's parts, as the browser holds them. They must never be stored or printed. */
export interface SessionCookie {
  readonly handle: string;
  readonly secret: string;
}

/** The last characters are limited to the bits that 16 and 32 bytes need, so that a cookie has a single spelling. */
const FORM = /^([\w-]{21}[AQgw])\.([\w-]{42}[AEIMQUYcgkosw048])$/;
const HANDLE_BYTES = 16;
const SECRET_BYTES = 32;

export function newCookie(): SessionCookie {
  return { handle: randomBytes(HANDLE_BYTES).toString('base64url'), secret: newSecret() };
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Undefined for any text that is not a session cookie. */
export function parseCookie(text: string | undefined): SessionCookie | undefined {
  if (text?.length !== 66) return undefined;
  const [, handle, secret] = FORM.exec(text) ?? [];
  return handle === undefined || secret === undefined ? undefined : { handle, secret };
}

/** The id of an entry, or the stored form of a secret. Both texts are random, so a slow hash would add nothing. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** True for the form of a digest. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{43}$/.test(value);
}

export function hasDigest(secret: string, digest: string): boolean {
  return isSameSecret(digestOf(secret), digest);
}

/** The two cookies of a session service, as its options define them. */
export class SessionCookies {
  /** The cookie of sessions. */
  readonly name: string;
  /** The cookie of logins that still need a second factor. */
  readonly halfName: string;
  readonly #attributes: string;
  readonly #isPersistent: boolean;

  constructor({ name, sameSite, persistent, insecure }: CookieSettings) {
    const prefix = insecure ? '' : '__Host-';
    this.name = `${prefix}${name}`;
    this.halfName = `${prefix}${name}-half`;
    const sameSiteName = { lax: 'Lax', strict: 'Strict', none: 'None' }[sameSite];
    this.#attributes = `; Path=/; HttpOnly; SameSite=${sameSiteName}${insecure ? '' : '; Secure'}`;
    this.#isPersistent = persistent;
  }

  /** @param seconds until the session ends, for a cookie that outlives the browser */
  set(response: ServerResponse, { handle, secret }: SessionCookie, seconds: number): void {
    const age = this.#isPersistent ? `; Max-Age=${String(Math.max(1, Math.ceil(seconds)))}` : '';
    send(response, this.name, `${handle}.${secret}${this.#attributes}${age}`);
  }

  setHalf(response: ServerResponse, { handle, secret }: SessionCookie): void {
    send(response, this.halfName, `${handle}.${secret}${this.#attributes}`);
  }

  clear(response: ServerResponse): void {
    send(response, this.name, `${this.#attributes}; Max-Age=0`);
  }

  clearHalf(response: ServerResponse): void {
    send(response, this.halfName, `${this.#attributes}; Max-Age=0`);
  }
}

/** Keeps the app's own cookies in the reply, and replaces a cookie of the same name that was set earlier. */
function send(response: ServerResponse, name: string, rest: string): void {
  const present = response.getHeader('Set-Cookie') ?? [];
  const lines = [present].flat().map(String);
  response.setHeader('Set-Cookie', [
    ...lines.filter((line) => !line.startsWith(`${name}=`)),
    `${name}=${rest}`,
  ]);
}

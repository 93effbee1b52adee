/**
 * A login that a browser has started and that its provider has not answered yet. All its data is in a cookie of its
 * own, so that several tabs do not disturb each other, and the server stores nothing. The values for the provider are
 * derived from a random seed that stays in the cookie. The state also covers the rest of the cookie, so that no part of
 * it can be changed.
 * @see RFC 7636 section 4, RFC 9700 section 4.7
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { returnPath } from '../http/return-path';
import { isSameSecret } from '../util/same-secret';

/** The requested properties of a login. */
export interface LoginWish {
  /** The provider and the redirect URI: see {@link bindingOf}. */
  readonly binding: string;
  /** In seconds. */
  readonly maxAge: number | undefined;
  readonly returnTo: string | undefined;
}

export interface OpenLogin extends LoginWish {
  readonly nonce: string;
  /** The verifier of PKCE. */
  readonly verifier: string;
}

export interface NewLogin {
  readonly state: string;
  readonly nonce: string;
  /** The challenge of PKCE, by S256. */
  readonly challenge: string;
  /** The value of the cookie. */
  readonly value: string;
}

const LIFE_MS = 10 * 60_000;
const SEED_BYTES = 32;
/** Browsers do not keep longer cookies. */
const MAX_VALUE = 4000;
const STATE = /^[\w-]{43}$/;
const VALUE = /^([\w-]{43})\.(([\w-]{22})\.([0-9a-z]{1,9})\.(\d{0,9})\.([\w-]*))$/;

/** A short digest of the provider and the redirect URI of a login. */
export function bindingOf(issuer: string, redirectUri: string): string {
  const digest = createHash('sha256').update(JSON.stringify([issuer, redirectUri]));
  return digest.digest().subarray(0, 16).toString('base64url');
}

/** @param now in milliseconds */
export function newLogin({ binding, maxAge, returnTo }: LoginWish, now: number): NewLogin {
  const seed = randomBytes(SEED_BYTES).toString('base64url');
  const path = returnTo === undefined ? '' : Buffer.from(returnTo).toString('base64url');
  const rest = [binding, Math.floor(now / 1000).toString(36), maxAge ?? '', path].join('.');
  const verifier = derived(seed, 'verifier', rest);
  return {
    state: derived(seed, 'state', rest),
    nonce: derived(seed, 'nonce', rest),
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    value: `${seed}.${rest}`,
  };
}

/**
 * The login that a state belongs to; undefined if the cookie does not belong to the state or is too old.
 * @param value the value of that state's cookie
 */
export function readLogin(value: string | undefined, state: string, now: number): OpenLogin | undefined {
  if (value === undefined || value.length > MAX_VALUE) return undefined;
  const [, seed = '', rest = '', binding = '', time = '', maxAge = '', path = ''] = VALUE.exec(value) ?? [];
  if (rest === '' || !isSameSecret(derived(seed, 'state', rest), state)) return undefined;
  // In both directions: a clock that is set back must not extend a login.
  if (!(Math.abs(now - Number.parseInt(time, 36) * 1000) < LIFE_MS)) return undefined;
  return {
    binding,
    nonce: derived(seed, 'nonce', rest),
    verifier: derived(seed, 'verifier', rest),
    maxAge: maxAge === '' ? undefined : Number(maxAge),
    returnTo: returnPath(Buffer.from(path, 'base64url').toString()),
  };
}

function derived(seed: string, purpose: string, rest: string): string {
  return createHmac('sha256', Buffer.from(seed, 'base64url'))
    .update(`${purpose}\n${rest}`)
    .digest('base64url');
}

/** The limit for all login cookies of one browser: a server refuses requests with too long headers. */
const MAX_BYTES = 8192;

/** The cookies of open logins, with the cookie options of the session. */
export class LoginCookies {
  readonly #prefix: string;
  readonly #attributes: string;
  readonly #pattern: RegExp;

  constructor(insecure: boolean) {
    this.#prefix = insecure ? 'login-' : '__Host-login-';
    this.#attributes = `; Path=/; HttpOnly; SameSite=Lax${insecure ? '' : '; Secure'}`;
    this.#pattern = new RegExp(`^${this.#prefix}[\\w-]{16}$`);
  }

  /** Undefined if the text does not have the form of a state. */
  nameOf(state: string): string | undefined {
    return STATE.test(state) ? `${this.#prefix}${state.slice(0, 16)}` : undefined;
  }

  /**
   * The lines of Set-Cookie for a new login. They clear the oldest logins beyond the maximum number or size.
   * @param header the `Cookie` header of the request
   */
  lines(header: string | undefined, { state, value }: NewLogin, max: number): string[] {
    const own = `${this.#prefix}${state.slice(0, 16)}`;
    let left = MAX_BYTES - own.length - value.length;
    const newestFirst = this.#openIn(header).sort((one, other) => other.time - one.time);
    const dropped = newestFirst.filter(({ bytes }, index) => {
      left -= bytes;
      return index + 2 > max || left < 0;
    });
    return [
      ...new Set(dropped.map(({ name }) => this.clear(name))),
      `${own}=${value}${this.#attributes}; Max-Age=${String(LIFE_MS / 1000)}`,
    ];
  }

  clear(name: string): string {
    return `${name}=${this.#attributes}; Max-Age=0`;
  }

  #openIn(header = ''): { name: string; bytes: number; time: number }[] {
    return header.split(';').flatMap((pair) => {
      const [name = '', value = ''] = pair.trim().split('=', 2);
      if (!this.#pattern.test(name)) return [];
      const time = Number.parseInt(VALUE.exec(value)?.[4] ?? '0', 36);
      return [{ name, bytes: pair.length, time }];
    });
  }
}

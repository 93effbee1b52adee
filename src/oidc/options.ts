import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, flag, isFunction, isText, kind, oneOf, optional, wholeNumber } from '../util/option-kinds';
import { type Kind, parseOptions, type Values, withoutContainer } from '../util/parse-options';
import type { ClaimRoles } from './claim-roles';
import { type DpopOptions, dpopKind } from './dpop-options';
import { type IntrospectionOptions, introspectionKind } from './introspection-options';
import { isSafeBase, safeUrl } from '../util/safe-url';
import { KeySet } from './key-set';
import { algorithms } from './algorithms-option';

/** A JSON Web Key Set. @see RFC 7517 section 5 */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** The options of `AccessTokenProvider`. */
export interface AccessTokenOptions {
  /**
   * The issuer, exactly as its tokens state it (`iss`), including a slash at the end: https, or http on loopback,
   * without query and fragment.
   */
  readonly issuer: string;
  /** The issuer's name for this API. If several are given, one of them must match. */
  readonly audience: string | readonly string[];
  /**
   * The claim that names the audience. 'client_id' is for Cognito, which puts no other audience into access tokens:
   * `audience` then lists the clients.
   * @default 'aud'
   */
  readonly audienceClaim?: 'aud' | 'client_id';
  /**
   * 'at+jwt' accepts only tokens of that type; 'auto' also accepts tokens of type JWT or without a type, if their
   * claims show that they are access tokens.
   * @default 'auto'
   * @see RFC 9068 section 4
   */
  readonly type?: 'auto' | 'at+jwt';
  /** @default RS, PS and ES with 256, 384 and 512, EdDSA, Ed25519 */
  readonly algorithms?: readonly string[];
  /** The address of the issuer's keys, or the keys themselves. @default the address in the issuer's discovery */
  readonly keys?: { readonly jwksUri: string } | { readonly jwks: JsonWebKeySet };
  /** How to ask the issuer about tokens that are not JWTs. @default such tokens are left to other providers */
  readonly introspection?: IntrospectionOptions;
  /** Accepts tokens that are bound to a key. @default they are refused */
  readonly dpop?: DpopOptions;
  /** Accepts tokens that are bound to a client's certificate. @default false, they are refused */
  readonly mtls?: boolean;
  /** The source of the users: a userstore, or the claims of the token. @default 'userstore' */
  readonly users?: 'userstore' | 'claims';
  /** Precedes the subject in a username, so that users of two issuers never have the same name. @default '' */
  readonly userPrefix?: string;
  /** The roles that a token adds to its user's. @default none */
  readonly roles?: ClaimRoles;
  /** Accepted clock difference in seconds, from 0 to 60, for `exp`, `nbf`, `iat` and `auth_time`. @default 30 */
  readonly clockToleranceSeconds?: number;
  /** The longest life of a JWT, from `iat` to `exp`, in seconds, from 1 to 31536000. @default 86400 */
  readonly maxAgeSeconds?: number;
  /** How many verified JWTs are cached, from 0 (no cache) to 1000000. @default 1000 */
  readonly tokenCache?: number;
  /** For tests. @default the clock of the instance */
  readonly clock?: Clock;
}

const issuer: Kind<string> = (value, name, report) => {
  if (!isSafeBase(value)) {
    report(
      `${name} must be the URL that the tokens have as iss: https, or http on loopback, without a query`,
    );
  }
  return value as string;
};

const audience: Kind<readonly string[]> = (value, name, report) => {
  const names: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [value];
  if (names.length === 0 || !names.every(isText)) {
    report(`${name} must be a non-empty string, or a list of at least one`);
  }
  return Object.freeze([...names]) as readonly string[];
};

/** The address of the keys, or the keys themselves. */
export type KeysSetting = string | KeySet;

const keys: Kind<KeysSetting> = (value, name, report) => {
  const none = new KeySet([]);
  const [member, ...others] = typeof value === 'object' && value !== null ? Reflect.ownKeys(value) : [];
  if ((member !== 'jwksUri' && member !== 'jwks') || others.length > 0) {
    report(`${name} must be an object with either jwksUri or jwks`);
    return none;
  }
  const given: unknown = (value as Record<string, unknown>)[member];
  if (member === 'jwksUri') {
    if (safeUrl(given) === undefined) report(`${name}.jwksUri must be a URL: https, or http on loopback`);
    return given as string;
  }
  const list: unknown = (given as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(list) || list.length === 0) {
    report(`${name}.jwks must have keys, a list of at least one`);
    return none;
  }
  const set = new KeySet(Array.from(list as unknown[]));
  if (set.skipped.length > 0) report(`${name}.jwks has keys that cannot be used: ${set.skipped.join(', ')}`);
  return set;
};

const OPTIONS = {
  issuer,
  audience,
  audienceClaim: optional(oneOf('aud', 'client_id'), 'aud'),
  type: optional(oneOf('auto', 'at+jwt'), 'auto'),
  algorithms: algorithms(),
  keys: optional(keys),
  introspection: optional(introspectionKind),
  dpop: optional(dpopKind),
  mtls: optional(flag, false),
  users: optional(oneOf('userstore', 'claims'), 'userstore'),
  userPrefix: optional(
    kind<string>('must be a string', (value) => typeof value === 'string'),
    '',
  ),
  roles: optional(
    kind<ClaimRoles>("must be a function of the claims, such as claimRoles.claim('groups')", isFunction),
  ),
  clockToleranceSeconds: optional(wholeNumber({ min: 0, max: 60 }), 30),
  maxAgeSeconds: optional(wholeNumber({ min: 1, max: 31_536_000 }), 86_400),
  tokenCache: optional(wholeNumber({ min: 0, max: 1_000_000 }), 1000),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof AccessTokenOptions, Kind<unknown>>;

export type AccessTokenSettings = Values<typeof OPTIONS>;

/**
 * The options with their defaults, as copies.
 * @throws ConfigurationError for options that are unknown, missing or out of bounds
 */
export function checkAccessTokenOptions(options: unknown): AccessTokenSettings {
  const settings = parseOptions('AccessTokenProvider', withoutContainer(options), OPTIONS);
  if (settings.keys instanceof KeySet && !settings.keys.fits(settings.algorithms)) {
    throw new ConfigurationError('AccessTokenProvider: keys.jwks has no key for one of the algorithms');
  }
  return settings;
}

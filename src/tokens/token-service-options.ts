import { ConfigurationError } from '../errors';
import type { StateStoreInterface } from '../state/state-store';
import type { Clock } from '../util/clock';
import { callable, kind, optional, text, unchecked, wholeNumber, withMethods } from '../util/option-kinds';
import { type Kind, objectOf, parseOptions, withoutContainer } from '../util/parse-options';
import { isInstance } from '../util/instance';
import { REVOCATION_OPTIONS, type RevocationOptions } from './revocation/revocation-options';
import { KeySet } from './key-set';
import { REFRESH_OPTIONS, type RefreshOptions } from './refresh-options';
import { readSecret } from './secret';
import { orFalse, type StateSettings, statefulOf } from './state-options';

/** The options of `TokenService`. */
export interface TokenServiceOptions {
  /**
   * The only key that tokens are signed with, by HS256 and without a `kid`: at least 32 bytes, text counted in UTF-8.
   * Set either this or `keys`. The type allows `undefined` so that `process.env.X` can be passed; without `keys` it is
   * refused like every secret that is too short. The secret has no default.
   * @see RFC 7518 section 3.2
   */
  secret?: string | Uint8Array | undefined;
  /**
   * The keys that tokens are signed and verified with, in place of `secret`. They can be changed while the app runs,
   * and other services verify tokens with the public keys.
   */
  keys?: KeySet | undefined;
  /** The issuer of the tokens (`iss`). A token of another issuer is refused. */
  issuer: string;
  /** The recipient that the tokens are meant for (`aud`). A token for another recipient is refused. */
  audience: string;
  /** How long a token lives, in seconds. At most `maxAgeSeconds`. @default 600 */
  ttlSeconds?: number | undefined;
  /**
   * How long after the original login a token may live, in seconds. This includes tokens that were obtained with a
   * token.
   * @default 43200, 12 hours
   */
  maxAgeSeconds?: number | undefined;
  /** Accepted clock difference for `exp`, `iat` and `nbf`, in seconds from 0 to 60. @default 30 */
  clockToleranceSeconds?: number | undefined;
  /**
   * How many accepted tokens are cached, from 0 (no cache) to 1000000. Verifying a cached token again costs a lookup in
   * place of a signature check. The cache takes at most 4 KiB per token on average. Times, user and `tokensValidFrom`
   * are checked each time.
   * @default 1000
   */
  tokenCache?: number | undefined;
  /**
   * The store of refresh tokens. It enables {@link TokenService.start}, {@link TokenService.refresh} and revocation.
   * @default access tokens only
   */
  state?: StateStoreInterface | undefined;
  /**
   * The options of refresh tokens; false disables refresh tokens.
   * @default enabled with a state, see {@link RefreshOptions}
   */
  refresh?: RefreshOptions | false | undefined;
  /**
   * How all processes learn of revoked tokens. With false, an access token outlives its ended family until it expires.
   * @default enabled with a state, see {@link RevocationOptions}
   */
  revocation?: RevocationOptions | false | undefined;
  /** The current time in milliseconds. @default Date.now */
  clock?: Clock | undefined;
}

export interface TokenSettings {
  readonly stateful: StateSettings | undefined;
  readonly key: Uint8Array | KeySet;
  readonly issuer: string;
  readonly audience: string;
  readonly ttlSeconds: number;
  readonly maxAgeSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly tokenCache: number;
  readonly clock: Clock;
}

const YEAR_SECONDS = 31_536_000;

const OPTIONS = {
  // Checked by `readSecret`, which has its own error message.
  secret: unchecked<unknown>(),
  keys: optional(kind<KeySet>('must be a KeySet or KeyFile', (value) => isInstance(value, KeySet))),
  issuer: text,
  audience: text,
  ttlSeconds: optional(wholeNumber({ min: 1, max: YEAR_SECONDS }), 600),
  maxAgeSeconds: optional(wholeNumber({ min: 1, max: YEAR_SECONDS }), 43_200),
  clockToleranceSeconds: optional(wholeNumber({ min: 0, max: 60 }), 30),
  tokenCache: optional(wholeNumber({ min: 0, max: 1_000_000 }), 1000),
  state: optional(withMethods<StateStoreInterface>('get', 'set', 'delete', 'list')),
  refresh: orFalse(objectOf(REFRESH_OPTIONS)),
  revocation: orFalse(objectOf(REVOCATION_OPTIONS)),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof TokenServiceOptions, Kind<unknown>>;

/**
 * The options with their defaults.
 * @throws ConfigurationError that names the option and never shows the secret.
 */
export function checkTokenOptions(options: TokenServiceOptions): TokenSettings {
  const { secret, keys, clock, state, refresh, revocation, ...settings } = parseOptions(
    'TokenService',
    withoutContainer(options),
    OPTIONS,
  );
  if (settings.ttlSeconds > settings.maxAgeSeconds) {
    throw new ConfigurationError('TokenService: ttlSeconds must not be more than maxAgeSeconds');
  }
  const stateful = statefulOf(state, refresh, revocation, settings);
  return { ...settings, stateful, key: keyOf(secret, keys), clock: clock ?? Date.now };
}

function keyOf(secret: unknown, keys: KeySet | undefined): Uint8Array | KeySet {
  if (keys === undefined) {
    const bytes = readSecret(secret);
    if (typeof bytes === 'string') throw new ConfigurationError(`TokenService: secret ${bytes}`);
    return bytes;
  }
  if (secret === undefined) return keys;
  throw new ConfigurationError(
    'TokenService: secret and keys must not both be set; to move from one to the other, give `keys` the secret as a ' +
      'key of HS256 with `kid: null`',
  );
}

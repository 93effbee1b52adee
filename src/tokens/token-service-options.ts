import { ConfigurationError } from '../errors';
import type { RevocationLogInterface } from '../state/revocation-log';
import type { StateStoreInterface } from '../state/state-store';
import type { Clock } from '../util/clock';
import { callable, optional, text, unchecked, wholeNumber, withMethods } from '../util/option-kinds';
import { type Kind, objectOf, parseOptions, withoutContainer } from '../util/parse-options';
import type { RevocationOptions } from './families/open-revocations';
import {
  REFRESH_OPTIONS,
  type RefreshOptions,
  type RefreshSettings,
  refreshSettings,
  type RefreshValues,
} from './refresh-options';

export interface TokenServiceOptions {
  /**
   * The key that tokens are signed with: at least 32 bytes, text counted in UTF-8. `undefined` is taken for
   * the sake of `process.env.X`, and refused like everything too short: there is no default.
   * @see RFC 7518 section 3.2
   */
  secret: string | Uint8Array | undefined;
  /** Who issues the tokens (`iss`); a token of another issuer is refused. */
  issuer: string;
  /** Whom the tokens are meant for (`aud`); a token for somebody else is refused. */
  audience: string;
  /** How long a token lives. At most `maxAgeSeconds`. @default 600 */
  ttlSeconds?: number | undefined;
  /**
   * How long after the real login a token may live, also one that was obtained with a token.
   * @default 43200, 12 hours
   */
  maxAgeSeconds?: number | undefined;
  /** Accepted clock difference for `exp`, `iat` and `nbf`, from 0 to 60. @default 30 */
  clockToleranceSeconds?: number | undefined;
  /**
   * How many accepted tokens are remembered, so that verifying one again costs a look-up in place of a signature; from
   * 0, for none, to 1000000. They take at most 4 KiB each. Times, user and `tokensValidFrom` are checked each time.
   * @default 1000
   */
  tokenCache?: number | undefined;
  /**
   * Where refresh tokens are kept: switches {@link TokenService.start}, {@link TokenService.refresh} and revocation on.
   * @default access tokens only
   */
  state?: StateStoreInterface | undefined;
  /** How refresh tokens live; false for none. @default on with a state, see {@link RefreshOptions} */
  refresh?: RefreshOptions | false | undefined;
  /**
   * How revoked tokens are known in all processes; with false an access token outlives its ended family until it
   * expires. @default on with a state, see {@link RevocationOptions}
   */
  revocation?: RevocationOptions | false | undefined;
  clock?: Clock | undefined;
}

/** What is on beside issuing and verifying. */
export interface StateSettings {
  readonly state: StateStoreInterface;
  readonly isRefreshOn: boolean;
  readonly refresh: RefreshSettings;
  /** Undefined where revocation is off. */
  readonly revocation: (RevocationOptions & { readonly log: RevocationLogInterface }) | undefined;
}

export interface TokenSettings {
  readonly stateful: StateSettings | undefined;
  readonly secret: Uint8Array;
  readonly issuer: string;
  readonly audience: string;
  readonly ttlSeconds: number;
  readonly maxAgeSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly tokenCache: number;
  readonly clock: Clock;
}

const MIN_SECRET_BYTES = 32;
const YEAR_SECONDS = 31_536_000;

/** Of an app that does not say otherwise. */
const DEFAULT_REFRESH = parseOptions('TokenService', {}, REFRESH_OPTIONS);

function orFalse<T>(of: Kind<T>): Kind<T | false | undefined> {
  return (value, name, report) => (value === false || value === undefined ? value : of(value, name, report));
}

const OPTIONS = {
  // With an advice of its own.
  secret: unchecked<unknown>(),
  issuer: text,
  audience: text,
  ttlSeconds: optional(wholeNumber({ min: 1, max: YEAR_SECONDS }), 600),
  maxAgeSeconds: optional(wholeNumber({ min: 1, max: YEAR_SECONDS }), 43_200),
  clockToleranceSeconds: optional(wholeNumber({ min: 0, max: 60 }), 30),
  tokenCache: optional(wholeNumber({ min: 0, max: 1_000_000 }), 1000),
  state: optional(withMethods<StateStoreInterface>('get', 'set', 'delete', 'list')),
  refresh: orFalse(objectOf(REFRESH_OPTIONS)),
  revocation: orFalse(unchecked<RevocationOptions>()),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof TokenServiceOptions, Kind<unknown>>;

/**
 * The options with their defaults.
 * @throws ConfigurationError that names the option, and never shows the secret.
 */
export function checkTokenOptions(options: TokenServiceOptions): TokenSettings {
  const { secret, clock, state, refresh, revocation, ...settings } = parseOptions(
    'TokenService',
    withoutContainer(options),
    OPTIONS,
  );
  if (settings.ttlSeconds > settings.maxAgeSeconds) {
    throw new ConfigurationError('TokenService: ttlSeconds must not be more than maxAgeSeconds');
  }
  const stateful = state === undefined ? undefined : statefulOf(state, refresh, revocation, settings);
  if (stateful === undefined && (refresh || revocation)) {
    throw new ConfigurationError('TokenService: refresh and revocation need `state`, where they are kept');
  }
  return { ...settings, stateful, secret: secretBytes(secret), clock: clock ?? Date.now };
}

function statefulOf(
  state: StateStoreInterface,
  refresh: RefreshValues | false | undefined,
  revocation: RevocationOptions | false | undefined,
  { ttlSeconds, clockToleranceSeconds }: Pick<TokenSettings, 'ttlSeconds' | 'clockToleranceSeconds'>,
): StateSettings {
  const settings = {
    state,
    isRefreshOn: refresh !== false,
    // Families of before can be ended all the same.
    refresh: refreshSettings(refresh === undefined || refresh === false ? DEFAULT_REFRESH : refresh),
  };
  if (revocation === false) return { ...settings, revocation: undefined };
  const log = revocation?.log ?? state.revocationLog;
  if (log === undefined) {
    throw new ConfigurationError(
      'TokenService: the state store has no revocationLog: set `revocation.log`, or `revocation: false`, with which an ' +
        'access token outlives its ended family until it expires',
    );
  }
  const least = ttlSeconds + clockToleranceSeconds;
  if (log.keepSeconds !== undefined && !(log.keepSeconds >= least)) {
    throw new ConfigurationError(
      `TokenService: the revocation log must keep its entries for ${String(least)} seconds at least (keepSeconds), ` +
        'as long as an access token is accepted',
    );
  }
  return { ...settings, revocation: { ...revocation, log } };
}

function secretBytes(secret: unknown): Uint8Array {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  if (!(bytes instanceof Uint8Array) || bytes.length < MIN_SECRET_BYTES) {
    throw new ConfigurationError(
      `TokenService: secret must have at least ${String(MIN_SECRET_BYTES)} bytes; ` +
        'make one with `openssl rand -base64 48` and set it in the environment',
    );
  }
  // Whoever has the public half of a key pair could sign with it (RFC 8725 section 2.1).
  if (Buffer.from(bytes).includes('-----BEGIN ')) {
    throw new ConfigurationError('TokenService: secret must be random bytes, not a key pair or certificate');
  }
  return bytes;
}

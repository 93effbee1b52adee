import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';

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
  clock?: Clock | undefined;
}

export interface TokenSettings {
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

/**
 * The options with their defaults.
 * @throws ConfigurationError that names the option, and never shows the secret.
 */
export function checkTokenOptions(options: TokenServiceOptions): TokenSettings {
  // Without a constructor of its own, a service gets its container here.
  const given: { [Name in keyof TokenServiceOptions]?: unknown } = Object(options) as object;
  const maxAgeSeconds = whole('maxAgeSeconds', given.maxAgeSeconds ?? 43_200, 1, YEAR_SECONDS);
  const ttlSeconds = whole('ttlSeconds', given.ttlSeconds ?? 600, 1, YEAR_SECONDS);
  if (ttlSeconds > maxAgeSeconds) {
    throw new ConfigurationError('TokenService: ttlSeconds must not be more than maxAgeSeconds');
  }
  const clock = given.clock ?? Date.now;
  if (typeof clock !== 'function') throw new ConfigurationError('TokenService: clock must be a function');
  return {
    secret: secretBytes(given.secret),
    issuer: nonEmpty('issuer', given.issuer),
    audience: nonEmpty('audience', given.audience),
    ttlSeconds,
    maxAgeSeconds,
    clockToleranceSeconds: whole('clockToleranceSeconds', given.clockToleranceSeconds ?? 30, 0, 60),
    tokenCache: whole('tokenCache', given.tokenCache ?? 1000, 0, 1_000_000),
    clock: clock as Clock,
  };
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

function nonEmpty(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ConfigurationError(`TokenService: ${name} must be a string that is not empty`);
}

function whole(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigurationError(
    `TokenService: ${name} must be a whole number from ${String(min)} to ${String(max)}`,
  );
}

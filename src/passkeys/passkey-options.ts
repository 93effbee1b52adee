import { isIP } from 'node:net';
import { ConfigurationError } from '../errors';
import {
  callable,
  isText,
  kind,
  listOf,
  optional,
  text,
  wholeNumber,
  withMethods,
} from '../util/option-kinds';
import { type Kind, parseOptions } from '../util/parse-options';
import type { Clock } from '../util/clock';
import { type FactorSecret, secrets } from '../factors/factor-secret';
import type { PasskeyStoreInterface } from '../factors/factor-stores';

/** The options of `PasskeyService`. */
export interface PasskeyServiceOptions {
  /** The store of the passkeys, such as `new SqlFactors({ client })`. */
  store: PasskeyStoreInterface;
  /**
   * The secret that signs the challenges, at least 32 bytes of random text. Of several secrets the first signs and all
   * are accepted, so that a secret can be replaced. It must not be part of the code: set it in the environment.
   */
  secret: FactorSecret;
  /**
   * The domain that passkeys are created for: that of the app, such as `app.example`, or a parent domain. It cannot be
   * changed later: passkeys for one domain do not work for another.
   * @see WebAuthn Level 3 section 4, RP ID
   */
  rpId: string;
  /**
   * The full origins of the app's pages: `https://app.example`. They are needed since a browser signs for every host
   * below `rpId`.
   */
  origins: readonly string[];
  /** The name of the app that browsers may show. @default the realm */
  rpName?: string;
  /** How many passkeys a user may have, 1 to 100. @default 20 */
  maxPerUser?: number;
  /** How long a user may take to use the passkey, in seconds from 30 to 600. @default 300 */
  challengeSeconds?: number;
  /** @default the clock of the app */
  clock?: Clock;
}

const OPTIONS = {
  store: withMethods<PasskeyStoreInterface>(
    'getPasskey',
    'listPasskeys',
    'addPasskey',
    'updatePasskey',
    'removePasskey',
  ),
  secret: secrets,
  rpId: kind<string>('must be a domain in lower case, such as app.example', isDomain),
  origins: listOf<string>('whole origins, such as https://app.example', isOrigin),
  rpName: optional(text),
  maxPerUser: optional(wholeNumber({ min: 1, max: 100 }), 20),
  challengeSeconds: optional(wholeNumber({ min: 30, max: 600 }), 300),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof PasskeyServiceOptions, Kind<unknown>>;

export interface PasskeySettings {
  readonly store: PasskeyStoreInterface;
  readonly secrets: readonly string[];
  readonly rpId: string;
  readonly origins: readonly string[];
  readonly rpName: string | undefined;
  readonly maxPerUser: number;
  readonly challengeSeconds: number;
  readonly clock: Clock | undefined;
}

/** @throws ConfigurationError that names each invalid option */
export function passkeySettings(component: string, options: unknown): PasskeySettings {
  const { secret, origins, ...settings } = parseOptions(component, options, OPTIONS);
  if (origins.length === 0) throw new ConfigurationError(`${component}: origins must name an origin`);
  const { rpId } = settings;
  const foreign = origins.filter((origin) => {
    const { hostname } = new URL(origin);
    return hostname !== rpId && !hostname.endsWith(`.${rpId}`);
  });
  if (foreign.length > 0) {
    throw new ConfigurationError(
      `${component}: ${foreign.join(', ')} must be rpId or a host below it, else browsers refuse to sign`,
    );
  }
  return { ...settings, origins: [...origins], secrets: secret };
}

/** True if browsers never create passkeys for it, because it is an IP address. */
export function isAddress(rpId: string): boolean {
  return isIP(rpId.replace(/^\[|\]$/g, '')) !== 0;
}

/** A domain in the form of browsers, without a port. */
function isDomain(value: unknown): boolean {
  if (!isText(value) || value.length > 253 || value.endsWith('.') || value.startsWith('.')) return false;
  return URL.canParse(`https://${value}`) && new URL(`https://${value}`).host === value;
}

/** Pages over plain http can use passkeys on this machine only. */
function isOrigin(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { origin, protocol, hostname } = new URL(value);
  if (origin !== value || hostname.includes('*')) return false;
  return protocol === 'https:' || (protocol === 'http:' && isOfThisMachine(hostname));
}

function isOfThisMachine(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

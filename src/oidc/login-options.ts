import { createPrivateKey, type JsonWebKeyInput } from 'node:crypto';
import { classOf, TABLE_PATH } from '../account/own-table';
import type { Constructor } from '../components/constructor';
import type { UserName } from '../core/named-user';
import type { MaybePromise } from '../core/userstore';
import { ConfigurationError } from '../errors';
import type { SecondFactorInterface } from '../factors/second-factor';
import type { SessionService } from '../sessions/session-service';
import type { Jwk } from '../util/jwk';
import type { Clock } from '../util/clock';
import {
  callable,
  flag,
  isFunction,
  kind,
  listOf,
  oneOf,
  optional,
  text,
  wholeNumber,
} from '../util/option-kinds';
import { type Kind, parseOptions, type Values } from '../util/parse-options';
import { isSafeBase } from '../util/safe-url';
import type { Claims } from './access-token';
import { algorithms } from './algorithms-option';
import { ALGORITHMS } from './public-key';

/** The identity that a provider has logged in. Only the issuer and the subject together identify the person. */
export interface OidcIdentity {
  readonly issuer: string;
  /** The subject, unique at the issuer and never reassigned. @see OpenID Connect Core 1.0 section 5.7 */
  readonly subject: string;
  /** The claims of the verified ID token, frozen. An e-mail address in them may belong to anybody. */
  readonly claims: Claims;
}

/** The options of `oidcLoginController()` and `oidcLoginRoutes()`. */
export interface OidcLoginControllerOptions {
  /** The app's session service. */
  readonly sessions: Constructor<SessionService>;
  /** The provider, exactly as its discovery states it: https, or http on loopback, without query and fragment. */
  readonly issuer: string;
  /** The client id of the app at the provider. */
  readonly clientId: string;
  /** The secret for `client_secret_basic`. Set either this or `privateKey`. */
  readonly clientSecret?: string | undefined;
  /** The key for `private_key_jwt`: a JWK with `alg` and `kid`. */
  readonly privateKey?: Jwk | undefined;
  /** The address of this app for browsers, with the path prefix that a proxy strips: 'https://app.example'. */
  readonly baseUrl: string;
  /**
   * Returns the identity's user in the app's store, or undefined if it has no account. Look accounts up by `issuer` and
   * `subject`. The owner of an e-mail address at a provider need not be the user with that address here.
   */
  readonly user: (identity: OidcIdentity) => MaybePromise<string | UserName | undefined>;
  /** The path of the routes, under the prefix of the app or of a mount; each of several providers needs its own. @default '/oidc' */
  readonly path?: string;
  /** The scopes to request; they must contain `openid`. @default 'openid' */
  readonly scope?: string;
  /**
   * The accepted algorithms of ID tokens and logout tokens.
   * @default RS, PS and ES with 256, 384 and 512, EdDSA, Ed25519
   */
  readonly algorithms?: readonly string[];
  /** Whether the provider's `amr` counts as factors of the login. @default false */
  readonly trustAmr?: boolean;
  /**
   * The second factors that a login also needs, for users who have them.
   * @default [], the login at the provider is enough
   */
  readonly secondFactors?: readonly Constructor<SecondFactorInterface>[];
  /** Whether a logout also ends the session at the provider, if the provider supports it. @default 'provider' */
  readonly logout?: 'provider' | 'local';
  /** Whether the provider may end sessions here. @default true */
  readonly backchannel?: boolean;
  /** How many open logins one browser may have, 1 to 10; a further login drops the oldest. @default 5 */
  readonly maxOpenLogins?: number;
  /** The time limit of each request to the provider in seconds, 1 to 30. @default 3 */
  readonly timeoutSeconds?: number;
  /** Accepted clock difference in seconds, 0 to 60. @default 30 */
  readonly clockToleranceSeconds?: number;
  /** For tests. @default the clock of the app */
  readonly clock?: Clock;
}

const base = (must: string): Kind<string> => kind(must, isSafeBase);

const scope = kind<string>(
  "must be scopes with a space between, 'openid' among them",
  (value) =>
    typeof value === 'string' &&
    /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(value) &&
    value.split(' ').includes('openid'),
);

const privateKey = kind<Jwk>(
  'must be a private JWK with alg and kid, whose kind of key the alg is of',
  (value) => {
    const { alg, kid, kty, crv } = Object(value) as Partial<Record<string, unknown>>;
    if (typeof alg !== 'string' || !ALGORITHMS.includes(alg) || typeof kid !== 'string' || kid === '')
      return false;
    if (!fits(alg, kty, crv)) return false;
    try {
      createPrivateKey({ key: value, format: 'jwk' } as JsonWebKeyInput);
      return true;
    } catch {
      return false;
    }
  },
);

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function fits(alg: string, kty: unknown, crv: unknown): boolean {
  if (/^[RP]S/.test(alg)) return kty === 'RSA';
  if (alg in CURVES) return kty === 'EC' && crv === CURVES[alg];
  return kty === 'OKP' && crv === 'Ed25519';
}

const OPTIONS = {
  sessions: classOf<SessionService>(),
  issuer: base(
    'must be the URL that discovery states as issuer: https, or http on loopback, without a query',
  ),
  clientId: text,
  clientSecret: optional(text),
  privateKey: optional(privateKey),
  baseUrl: base("must be the app's URL for browsers: https, or http on loopback, without a query"),
  user: callable<OidcLoginControllerOptions['user']>(),
  path: optional(TABLE_PATH, '/oidc'),
  scope: optional(scope, 'openid'),
  algorithms: algorithms(),
  trustAmr: optional(flag, false),
  secondFactors: optional(
    listOf('classes', isFunction) as unknown as Kind<readonly Constructor<SecondFactorInterface>[]>,
    [],
  ),
  logout: optional(oneOf('provider', 'local'), 'provider'),
  backchannel: optional(flag, true),
  maxOpenLogins: optional(wholeNumber({ min: 1, max: 10 }), 5),
  timeoutSeconds: optional(wholeNumber({ min: 1, max: 30 }), 3),
  clockToleranceSeconds: optional(wholeNumber({ min: 0, max: 60 }), 30),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof OidcLoginControllerOptions, Kind<unknown>>;

export interface OidcLoginSettings extends Values<typeof OPTIONS> {
  /** The function of the options, for messages and events. */
  readonly call: string;
}

/** @throws ConfigurationError for options that are unknown, missing or out of bounds; it quotes no value */
export function checkOidcLoginOptions(call: string, options: unknown): OidcLoginSettings {
  const settings = parseOptions(call, options, OPTIONS);
  const { clientSecret, privateKey: key } = settings;
  if ((clientSecret === undefined) === (key === undefined)) {
    throw new ConfigurationError(
      `${call}: set either clientSecret or privateKey${key === undefined ? ', which are both undefined' : ''}`,
    );
  }
  return { ...settings, call, baseUrl: settings.baseUrl.replace(/\/$/, '') };
}

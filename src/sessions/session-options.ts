import type { StateStoreInterface } from '../state/state-store';
import { ConfigurationError } from '../errors';
import { USUAL_SERVICE } from './session-store';
import type { Clock } from '../util/clock';
import { callable, flag, kind, oneOf, optional, wholeNumber, withMethods } from '../util/option-kinds';
import { type Kind, objectOf, parseOptions, type Values } from '../util/parse-options';

/** The attributes of the session cookie. */
export interface SessionCookieOptions {
  /**
   * The name of the cookie, sent with the prefix `__Host-`. Cookies ignore ports: two apps on one host need two names.
   * Apps with the same state store share only the sessions of the same name. @default 'session'
   */
  name?: string;
  /** `lax` sends the cookie if a user follows a link to the app, and on the way back from a provider. @default 'lax' */
  sameSite?: 'lax' | 'strict' | 'none';
  /** True keeps the cookie when the browser is closed, for `maxSeconds`. @default false */
  persistent?: boolean;
  /**
   * True is for development over plain http on a host other than localhost: no prefix, no `Secure`. Refused under
   * `NODE_ENV=production`.
   * @default false
   */
  insecure?: boolean;
}

/** The options of `SessionService`. */
export interface SessionServiceOptions {
  /** The store that keeps the sessions. `MemoryState` is for one process, and loses them at a restart. */
  state: StateStoreInterface;
  /**
   * A session ends after this time without use, in seconds from 60 to `maxSeconds`.
   * @default 1800, at most `maxSeconds`
   */
  idleSeconds?: number;
  /**
   * A session ends this time after its login, in seconds from 60 to 400 days; nothing extends it. At most a day for
   * users of a userstore without `tokensValidFrom`. @default 43200
   */
  maxSeconds?: number;
  /** Sessions of a user, 1 to 100. One more login ends the least recently used session. @default 20 */
  maxPerUser?: number;
  /**
   * How long the former secret is accepted after a change, for requests under way, in seconds from 0 to 60.
   * @default 10
   */
  graceSeconds?: number;
  /** The attributes of the cookie. @default name `session`, SameSite=Lax, kept until the browser is closed */
  cookie?: SessionCookieOptions;
  /** @default the app's clock */
  clock?: Clock;
}

const DAY_SECONDS = 86_400;

const COOKIE = {
  name: optional(
    kind<string>(
      'must be 1 to 64 of A-Z, a-z, 0-9, - and _, a letter first',
      (value) => typeof value === 'string' && /^[A-Za-z][\w-]{0,63}$/.test(value),
    ),
    USUAL_SERVICE,
  ),
  sameSite: optional(oneOf('lax', 'strict', 'none'), 'lax'),
  persistent: optional(flag, false),
  insecure: optional(flag, false),
} satisfies Record<keyof SessionCookieOptions, Kind<unknown>>;

const OPTIONS = {
  state: withMethods<StateStoreInterface>('get', 'set', 'delete', 'list'),
  idleSeconds: optional(wholeNumber({ min: 60, max: 400 * DAY_SECONDS })),
  maxSeconds: optional(wholeNumber({ min: 60, max: 400 * DAY_SECONDS }), 43_200),
  maxPerUser: optional(wholeNumber({ min: 1, max: 100 }), 20),
  graceSeconds: optional(wholeNumber({ min: 0, max: 60 }), 10),
  cookie: optional(objectOf(COOKIE)),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof SessionServiceOptions, Kind<unknown>>;

export type CookieSettings = Values<typeof COOKIE>;

export interface SessionSettings {
  readonly state: StateStoreInterface;
  readonly idleMs: number;
  readonly maxMs: number;
  readonly maxMsWithoutStamp: number;
  readonly maxPerUser: number;
  readonly graceMs: number;
  readonly cookie: CookieSettings;
  readonly clock: Clock | undefined;
}

/** @throws ConfigurationError that names each invalid option */
export function sessionSettings(component: string, options: unknown): SessionSettings {
  const { idleSeconds, maxSeconds, graceSeconds, cookie, ...settings } = parseOptions(
    component,
    options,
    OPTIONS,
  );
  const idle = idleSeconds ?? Math.min(1800, maxSeconds);
  if (idle > maxSeconds) {
    throw new ConfigurationError(`${component}: idleSeconds must not be more than maxSeconds`);
  }
  const cookieSettings = cookie ?? parseOptions(component, {}, COOKIE);
  refuseUnsafe(component, cookieSettings);
  return {
    ...settings,
    idleMs: idle * 1000,
    maxMs: maxSeconds * 1000,
    maxMsWithoutStamp: Math.min(maxSeconds, DAY_SECONDS) * 1000,
    graceMs: graceSeconds * 1000,
    cookie: cookieSettings,
  };
}

function refuseUnsafe(component: string, { insecure, sameSite }: CookieSettings): void {
  if (!insecure) return;
  if (process.env['NODE_ENV'] === 'production') {
    throw new ConfigurationError(
      `${component}: cookie.insecure is for development, and NODE_ENV is production`,
    );
  }
  if (sameSite === 'none') {
    throw new ConfigurationError(
      `${component}: browsers drop a cookie with sameSite 'none' that is insecure`,
    );
  }
}

import { isProvedBy, type Authentication } from '../core/authentication';
import { type Challenge, formatChallenge } from '../core/challenge';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import type { MaybePromise, UserstoreInterface } from '../core/userstore';
import { callable, flag, isText, kind, listOf, optional } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions, type Values, withoutContainer } from '../util/parse-options';
import { type Reads, readsKind } from './reads';

/** A Passport strategy. An instance of every strategy class fits. */
export interface PassportStrategy {
  authenticate(...args: never[]): unknown;
}

/** The options of `PassportProvider`. */
export interface PassportOptions<U extends User = User> {
  /**
   * The place of the credentials. For a request without them the strategy is not called, and the next provider is
   * asked.
   */
  reads: Reads;
  /**
   * The kind of proof: `login` if the person proves their identity in this very request, for example by a password.
   * Only logins with this proof are of this moment for `recentLogin()`, start refresh tokens and create API keys.
   * @default 'token'
   */
  proves?: Authentication['provedBy'];
  /** The `WWW-Authenticate` challenge of a 401; null for none. @default the scheme that it reads, else none */
  challenge?: Challenge | null;
  /** The `methods` of its logins, by the names of RFC 8176: `['pwd']`. @default [] */
  methods?: readonly string[];
  /** The second argument of the strategy's `authenticate()`. @default {} */
  options?: object;
  /**
   * Maps the strategy's user to a user of the app, for example by a lookup in the userstore. `info` is the third
   * argument of the strategy's callback. Null and undefined refuse the login as wrong credentials.
   * @default the strategy's user as it is
   */
  toUser?(
    profile: unknown,
    more: { info: unknown; userstore: UserstoreInterface<U>; request: SecurityRequest },
  ): MaybePromise<U | Authentication<U> | null | undefined>;
  /** True if `toUser()` asks the userstore: an app without a userstore is then refused at start. @default false */
  needsUserstore?: boolean;
  /**
   * Returns true if an error of the strategy means an outage: the status is then 503 in place of 401 or 500. Network
   * errors always count as an outage.
   */
  isOutage?(error: unknown): boolean;
}

const challenge: Kind<Challenge | null | undefined> = (value, name, report) => {
  if (value === undefined || value === null) return value;
  if (
    !isPlainObject(value) ||
    typeof value['scheme'] !== 'string' ||
    !isSendable(value as unknown as Challenge)
  ) {
    report(`${name} must be null, or a scheme with params in printable ASCII: { scheme: 'Bearer' }`);
  }
  return value as Challenge;
};

function isSendable(value: Challenge): boolean {
  try {
    return formatChallenge(value) !== '';
  } catch {
    return false;
  }
}

const OPTIONS = {
  reads: readsKind,
  proves: optional(
    kind<Authentication['provedBy']>("must be 'login', 'session', 'token' or 'key'", isProvedBy),
    'token',
  ),
  challenge,
  methods: optional(listOf('non-empty strings', isText), []),
  options: optional(kind<object>('must be an object', isPlainObject), {}),
  toUser: optional(callable<NonNullable<PassportOptions['toUser']>>()),
  needsUserstore: optional(flag, false),
  isOutage: optional(callable<NonNullable<PassportOptions['isOutage']>>()),
} satisfies Record<keyof PassportOptions, Kind<unknown>>;

export type PassportSettings = Values<typeof OPTIONS>;

/** @throws ConfigurationError for unknown or invalid options */
export function checkPassportOptions(options: unknown): PassportSettings {
  return parseOptions('PassportProvider', withoutContainer(options), OPTIONS);
}

import { isProvedBy, type Authentication } from '../core/authentication';
import { type Challenge, formatChallenge } from '../core/challenge';
import type { SecurityRequest } from '../core/request';
import type { User } from '../core/user';
import type { MaybePromise, UserstoreInterface } from '../core/userstore';
import { callable, flag, isText, kind, listOf, optional } from '../util/option-kinds';
import { isPlainObject, type Kind, parseOptions, type Values, withoutContainer } from '../util/parse-options';
import { type Reads, readsKind } from './reads';

/** A strategy as Passport takes it. The class of every strategy fits. */
export interface PassportStrategy {
  authenticate(...args: never[]): unknown;
}

/** The options of `PassportProvider`. */
export interface PassportOptions<U extends User = User> {
  /** Where the credentials are. A request without them is left to the next provider, and the strategy is not called. */
  reads: Reads;
  /**
   * How it authenticates: `login` where the person proves who they are in this very request, by a password for example.
   * Only such logins start refresh tokens and make API keys.
   * @default 'token'
   */
  proves?: Authentication['provedBy'];
  /** The `WWW-Authenticate` challenge of a 401; null for none. @default the scheme that it reads, else none */
  challenge?: Challenge | null;
  /** The `methods` of its logins, as RFC 8176 has them: `['pwd']`. @default [] */
  methods?: readonly string[];
  /** What the strategy's `authenticate()` gets as its second argument. @default {} */
  options?: object;
  /**
   * The user of what the strategy says is its user, for strategies whose users are none of the app's, and to look them up
   * in the userstore: `info` is what the strategy says beside. Null and undefined refuse the login as wrong credentials.
   * @default the strategy's user as it is
   */
  toUser?(
    profile: unknown,
    more: { info: unknown; userstore: UserstoreInterface<U>; request: SecurityRequest },
  ): MaybePromise<U | Authentication<U> | null | undefined>;
  /** True where `toUser()` asks the userstore: an app without one is then refused at start. @default false */
  needsUserstore?: boolean;
  /**
   * True for an error of the strategy that says that something is down: 503 in place of 401 or 500. Errors of the network
   * count without it.
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

/** @throws ConfigurationError for options that are unknown or not valid */
export function checkPassportOptions(options: unknown): PassportSettings {
  return parseOptions('PassportProvider', withoutContainer(options), OPTIONS);
}

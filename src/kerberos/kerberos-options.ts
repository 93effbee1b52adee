import type { MaybePromise } from '../core/userstore';
import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, flag, isText, kind, optional } from '../util/option-kinds';
import { type Kind, parseOptions, type Values, withoutContainer } from '../util/parse-options';
import type { SecurityRequest } from '../core/request';
import type { KerberosPrincipal } from './principal';

/** The options of `KerberosProvider`. */
export interface KerberosProviderOptions {
  /**
   * The service that tickets must be for, `HTTP@host`: the host as it stands in the URLs that clients use, in lower
   * case.
   */
  readonly service: string;
  /** The realms whose users may log in, exactly as they are written: `['EXAMPLE.COM']`. All others are refused. */
  readonly realms: readonly string[];
  /**
   * True compares realms as Active Directory does, to which `corp.example` and `CORP.EXAMPLE` are one.
   * @default false
   */
  readonly ignoreRealmCase?: boolean;
  /** The file with the service's keys. Holds for the whole process. @default `KRB5_KTNAME`, or libkrb5's default */
  readonly keytab?: string;
  /**
   * The user name that a principal has; null or undefined refuses it. Needed for several realms, where two people
   * may have one name. @default the name before the `@`; a principal with several components is refused
   */
  readonly username?: (principal: KerberosPrincipal) => MaybePromise<string | null | undefined>;
  /**
   * Whether a 401 offers Negotiate to this client. git and `curl --anyauth` that are offered it try nothing else, so
   * they never send a password. A ticket that comes unasked is taken all the same. @default to all
   */
  readonly offerTo?: (request: SecurityRequest) => boolean;
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

const SERVICE = /^([A-Za-z][A-Za-z0-9-]*)@([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/;

const service: Kind<string> = (value, name, report) => {
  const [, type] = (typeof value === 'string' ? SERVICE.exec(value) : null) ?? [];
  if (type === undefined) {
    report(
      `${name} must be 'HTTP@host', with the host's name in lower case as in the URLs that clients use: ` +
        `super({ service: 'HTTP@host', realms: ['EXAMPLE.COM'] })`,
    );
  } else if (type !== 'HTTP' && type.toUpperCase() === 'HTTP') {
    report(`${name} must have HTTP in capitals: that is what clients ask tickets for`);
  }
  return value as string;
};

const isRealm = (value: unknown): value is string =>
  typeof value === 'string' && /^[^\s@/\\\p{Cc}]{1,255}$/u.test(value);

const OPTIONS = {
  service,
  realms: kind<readonly string[]>(
    "must be a list of the realms whose users may log in: ['EXAMPLE.COM']",
    (value) => Array.isArray(value) && value.length > 0 && Array.from(value).every(isRealm),
  ),
  ignoreRealmCase: optional(flag, false),
  keytab: optional(
    kind<string>('must be the path of a file', (value) => isText(value) && !value.includes('\0')),
  ),
  username: optional(callable<NonNullable<KerberosProviderOptions['username']>>()),
  offerTo: optional(callable<NonNullable<KerberosProviderOptions['offerTo']>>()),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof KerberosProviderOptions, Kind<unknown>>;

export type KerberosSettings = Values<typeof OPTIONS>;

/** @throws ConfigurationError for options that are unknown or not valid */
export function checkKerberosOptions(options: unknown): KerberosSettings {
  const settings = parseOptions('KerberosProvider', withoutContainer(options), OPTIONS);
  const realms = settings.realms.map((realm) => (settings.ignoreRealmCase ? foldRealm(realm) : realm));
  if (new Set(realms).size > 1 && settings.username === undefined) {
    throw new ConfigurationError(
      'KerberosProvider: several realms need username, a function: alice of one realm need not be alice of another',
    );
  }
  return settings;
}

/** Realms of Active Directory are names of the DNS: only ASCII letters have a case there. */
export function foldRealm(realm: string): string {
  return realm.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

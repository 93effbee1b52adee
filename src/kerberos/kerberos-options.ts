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
   * The service that tickets must be issued for, `HTTP@host`, with the host as in the URLs that clients use, in lower
   * case.
   */
  readonly service: string;
  /** The realms whose users may log in, in exactly this spelling: `['EXAMPLE.COM']`. All other realms are refused. */
  readonly realms: readonly string[];
  /**
   * True compares realms as Active Directory does, for which `corp.example` and `CORP.EXAMPLE` are the same.
   * @default false
   */
  readonly ignoreRealmCase?: boolean;
  /** The file with the service's keys. It applies to the whole process. @default `KRB5_KTNAME`, or libkrb5's default */
  readonly keytab?: string;
  /**
   * Maps a principal to a user name; null or undefined refuses the principal. Required with several realms, in which
   * two people may have the same name. @default the name before the `@`; a principal with several components is refused
   */
  readonly username?: (principal: KerberosPrincipal) => MaybePromise<string | null | undefined>;
  /**
   * Whether a 401 offers Negotiate to this client. If it does, git and `curl --anyauth` try nothing else, so they never
   * send a password. A ticket is accepted even if Negotiate was not offered. @default to all
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

/** @throws ConfigurationError for unknown or invalid options */
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

/** Realms of Active Directory are DNS names, in which only the case of ASCII letters is ignored. */
export function foldRealm(realm: string): string {
  return realm.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

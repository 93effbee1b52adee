import type { MaybePromise } from '../core/userstore';
import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
import { callable, isText, kind, optional } from '../util/option-kinds';
import { type Kind, parseOptions, type Values, withoutContainer } from '../util/parse-options';
import type { KerberosPrincipal } from './principal';

export interface KerberosProviderOptions {
  /**
   * The service that tickets must be for, `HTTP@host`: the host as it stands in the URLs that clients use, in lower
   * case.
   */
  readonly service: string;
  /** The realms whose users may log in, exactly as they are written: `['EXAMPLE.COM']`. All others are refused. */
  readonly realms: readonly string[];
  /** The file with the service's keys. Holds for the whole process. @default `KRB5_KTNAME`, or libkrb5's default */
  readonly keytab?: string;
  /**
   * The user name that a principal has; null or undefined refuses it. Needed for several realms, where two people
   * may have one name. @default the name before the `@`; a principal with several components is refused
   */
  readonly username?: (principal: KerberosPrincipal) => MaybePromise<string | null | undefined>;
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
  keytab: optional(
    kind<string>('must be the path of a file', (value) => isText(value) && !value.includes('\0')),
  ),
  username: optional(callable<NonNullable<KerberosProviderOptions['username']>>()),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof KerberosProviderOptions, Kind<unknown>>;

export type KerberosSettings = Values<typeof OPTIONS>;

/** @throws ConfigurationError for options that are unknown or not valid */
export function checkKerberosOptions(options: unknown): KerberosSettings {
  const settings = parseOptions('KerberosProvider', withoutContainer(options), OPTIONS);
  if (new Set(settings.realms).size > 1 && settings.username === undefined) {
    throw new ConfigurationError(
      'KerberosProvider: several realms need username, a function: alice of one realm need not be alice of another',
    );
  }
  return settings;
}

import type { MaybePromise } from '../core/userstore';
import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
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

const OPTIONS = ['service', 'realms', 'keytab', 'username', 'clock'];
const SERVICE = /^([A-Za-z][A-Za-z0-9-]*)@([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/;

/** @throws ConfigurationError for options that do not hold */
export function checkKerberosOptions(options: unknown): KerberosProviderOptions {
  if (typeof options !== 'object' || options === null || !('service' in options)) {
    throw fault("options: super({ service: 'HTTP@host', realms: ['EXAMPLE.COM'] })");
  }
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) throw fault(`no option ${unknown}: there are ${OPTIONS.join(', ')}`);
  const { service, realms, keytab, username, clock } = options as Partial<Record<string, unknown>>;
  const [, name] = (typeof service === 'string' ? SERVICE.exec(service) : null) ?? [];
  if (name === undefined) {
    throw fault(`service as 'HTTP@host', the host's name in lower case as in the URLs that clients use`);
  }
  if (name !== 'HTTP' && name.toUpperCase() === 'HTTP') {
    throw fault(`HTTP in capitals in service: that is what clients ask tickets for`);
  }
  if (!Array.isArray(realms) || realms.length === 0 || !realms.every(isRealm)) {
    throw fault(`realms, the list of those whose users may log in: ['EXAMPLE.COM']`);
  }
  if (keytab !== undefined && (typeof keytab !== 'string' || keytab === '' || keytab.includes('\0'))) {
    throw fault('keytab to be the path of a file');
  }
  for (const [key, value] of Object.entries({ username, clock })) {
    if (value !== undefined && typeof value !== 'function') throw fault(`${key} to be a function`);
  }
  if (new Set(realms).size > 1 && username === undefined) {
    throw fault(
      'username, a function, where there are several realms: alice of one realm need not be alice of another',
    );
  }
  return options as KerberosProviderOptions;
}

function isRealm(realm: unknown): boolean {
  return typeof realm === 'string' && /^[^\s@/\\\p{Cc}]{1,255}$/u.test(realm);
}

function fault(what: string): ConfigurationError {
  return new ConfigurationError(`KerberosProvider needs ${what}`);
}

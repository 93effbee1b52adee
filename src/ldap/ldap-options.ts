import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
import {
  callable,
  flag,
  isFunction,
  isText,
  kind,
  oneOf,
  optional,
  text,
  wholeNumber,
} from '../util/option-kinds';
import { isPlainObject, type Kind, objectOf, parseOptions, withoutContainer } from '../util/parse-options';
import { printable } from '../util/printable';
import { isOctets, OCTET_FORMS, type OctetForm } from './octets';
import { PASSWORD_TIMES, type PasswordTime } from './password-time';

/** The search for a user's groups. Only groups below `baseDn` count, even if others have the same names. */
export interface LdapGroups {
  readonly baseDn: string;
  /**
   * The source of the groups: `search` finds the groups that name the user as a member, `memberOf` reads the user's own
   * attribute, and `tokenGroups` of Active Directory has groups of groups and the primary group in one answer.
   * @default 'search'
   */
  readonly by?: 'search' | 'memberOf' | 'tokenGroups';
  /** The attribute with the name of a group. @default 'cn' */
  readonly nameAttribute?: string;
  /** For `search`: the attribute with the DNs of members, or with their user names (`memberUid`). @default 'member' */
  readonly memberAttribute?: string;
  /**
   * Groups of groups: true searches them breadth first, false leaves them out, and `in-chain` has Active Directory find
   * them in one search by its rule 1.2.840.113556.1.4.1941. Other directories do not support the rule: OpenLDAP returns
   * no groups, 389 Directory Server an error (result 12), which makes the request a 503.
   * @default true
   */
  readonly nested?: boolean | 'in-chain';
}

/** The source attribute of a field. For octets, such as a GUID, also the form of the value. */
export type LdapAttribute = string | { readonly from: string; readonly as: OctetForm };

/** The options of `LdapUserstore`. */
export interface LdapUserstoreOptions {
  /** `ldaps://host`, or `ldap://host` with `startTls`. With several, the first that answers is used. */
  readonly url: string | readonly string[];
  /** True encrypts `ldap://` before any credentials or queries are sent. @default false */
  readonly startTls?: boolean;
  /** True sends passwords in clear over `ldap://`. @default false */
  readonly insecure?: boolean;
  /** The certificates of the trusted authorities, in PEM. @default the authorities that Node.js trusts */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /**
   * The account for searches: a distinguished name, or for Active Directory `name@domain` or `DOMAIN\\name`. Without
   * `bindDn`, searches are anonymous.
   */
  readonly bindDn?: string;
  /** The password of `bindDn`. @default none */
  readonly bindPassword?: string;
  /** The entries below which users are searched. */
  readonly baseDn: string | readonly string[];
  /** The attribute with the login name: `sAMAccountName` or `userPrincipalName` in Active Directory. @default 'uid' */
  readonly usernameAttribute?: string;
  /** A filter of RFC 4515 that users must match: `(objectClass=person)`. @default every entry that has the name */
  readonly userFilter?: string;
  /**
   * The source attributes of the user's fields. `roles` gets all values of its attribute. Octets become bytes, or the
   * requested form: `{ id: { from: 'objectGUID', as: 'guid' } }`. @default { email: 'mail' }
   */
  readonly attributes?: Readonly<Record<string, LdapAttribute>>;
  /**
   * The attribute that the directory updates with each password change: `pwdLastSet` in Active Directory,
   * `pwdChangedTime` if a password policy keeps it. With it, a password change ends the user's tokens. @default none
   */
  readonly tokensValidFrom?: PasswordTime;
  /** The search for the groups of users. @default none: users have no groups */
  readonly groups?: LdapGroups;
  /** The roles of each group: an object by group name, or a function of the name. @default none */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | ((group: string) => readonly string[]);
  /** The time limit for the directory to connect, or to answer, in milliseconds. @default 2000 */
  readonly timeoutMs?: number;
  /** How long a user is cached, in milliseconds; 0 disables the cache. @default 5000 */
  readonly cacheMs?: number;
  /** How many passwords are verified at once, each on a connection of its own. @default 10 */
  readonly maxBinds?: number;
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

/** The options with all defaults filled in. */
export interface LdapSettings {
  readonly urls: readonly string[];
  readonly startTls: boolean;
  readonly ca: LdapUserstoreOptions['ca'];
  readonly bindDn: string | undefined;
  readonly bindPassword: string;
  readonly baseDns: readonly string[];
  readonly usernameAttribute: string;
  readonly userFilter: string | undefined;
  readonly attributes: Readonly<Record<string, LdapAttribute>>;
  readonly tokensValidFrom: PasswordTime | undefined;
  readonly groups: Required<LdapGroups> | undefined;
  readonly rolesOf: (group: string) => readonly string[];
  readonly timeoutMs: number;
  readonly cacheMs: number;
  readonly maxBinds: number;
  readonly clock: Clock;
}

/** @see RFC 4512 section 1.4, and options such as `;lang-en` of section 2.5 */
const ATTRIBUTE = /^[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*$/;
const OWN_FIELDS = ['username', 'password', 'active', 'groups', 'tokensValidFrom', '__proto__'];
const SECRETS = /pass(?:wo?r?d|phrase)|pwd(?!lastset|changedtime)|krbprincipalkey|supplementalcredentials/i;

const isDn = (value: unknown): value is string =>
  isText(value) && value.includes('=') && !/\p{Cc}/u.test(value);

const dn: Kind<string> = (value, name, report) => {
  if (!isDn(value)) {
    report(`${name} must be a distinguished name, such as 'ou=people,dc=example,dc=org'`);
  } else {
    refusePlaceholder(value, name, report);
  }
  return value as string;
};

/** An account name that Active Directory accepts in a simple bind. @see MS-ADTS section 5.1.1.1.1 */
const ACCOUNT = /^(?:[^\p{Cc}@\\=/]+@[^\p{Cc}@\\=\s]+|[^\p{Cc}@\\=/\s]+\\[^\p{Cc}@\\=/]+)$/u;

const bindName: Kind<string> = (value, name, report) => {
  if (!isDn(value) && !(typeof value === 'string' && ACCOUNT.test(value))) {
    report(
      `${name} must be a distinguished name, or in Active Directory also name@domain or DOMAIN\\name ` +
        "(with two backslashes in a string: 'DOMAIN\\\\name')",
    );
  } else {
    refusePlaceholder(value, name, report);
  }
  return value as string;
};

const filter: Kind<string> = (value, name, report) => {
  if (!isText(value) || !value.startsWith('(') || !value.endsWith(')')) {
    report(`${name} must be a filter in parentheses, such as '(objectClass=person)'`);
  } else {
    refusePlaceholder(value, name, report);
  }
  return value as string;
};

/**
 * Placeholders of other products for the user name: `%s`, `%(user)s`, `{0}`, `{{username}}`, `${user}`, `$login`,
 * `<name>`.
 */
const PLACEHOLDER =
  /%[a-z]+|%[({][^)}]*[)}]s?|\{\{.*?\}\}|\$?\{(?:\d+|[a-z_][\w.]*)\}|\$[a-z_]\w*|(?<==)<[a-z_][\w -]*>/i;

function refusePlaceholder(value: string, name: string, report: (problem: string) => void): void {
  const [placeholder] = PLACEHOLDER.exec(value) ?? [];
  if (placeholder === undefined) return;
  report(
    `${name} must not have a placeholder such as ${printable(placeholder, 50)}: the store adds the user name ` +
      'itself, by usernameAttribute (a percent sign, brace or dollar sign that is meant is \\25, \\7b or \\24)',
  );
}

const attribute: Kind<string> = (value, name, report) => {
  if (typeof value !== 'string' || !ATTRIBUTE.test(value)) report(`${name} must be the name of an attribute`);
  else if (SECRETS.test(value)) report(`${name} must not be an attribute of passwords`);
  return value as string;
};

const nameAttribute: Kind<string> = (value, name, report) => {
  const given = attribute(value, name, report);
  if (typeof given === 'string' && isOctets(given)) report(`${name} must be an attribute of text`);
  return given;
};

/** Accepts a value or a list of values, and always returns a list. */
const listed =
  (of: Kind<string>): Kind<readonly string[]> =>
  (value, name, report) => {
    const list: unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [value];
    if (list.length === 0) report(`${name} must be one value, or a non-empty list`);
    return list.map((part) => of(part, name, report));
  };

const OCTETS = { from: attribute, as: oneOf(...OCTET_FORMS) };

const source: Kind<LdapAttribute> = (value, name, report) =>
  isPlainObject(value) ? objectOf(OCTETS)(value, name, report) : attribute(value, name, report);

const attributes: Kind<Readonly<Record<string, LdapAttribute>>> = (value, name, report) => {
  if (!isPlainObject(value)) {
    report(`${name} must be an object`);
    return {};
  }
  return Object.fromEntries(
    Object.entries(value).map(([field, from]) => {
      if (OWN_FIELDS.includes(field)) report(`${name} cannot fill ${field}`);
      const filled = source(from, `${name}.${printable(field, 100)}`, report);
      if (field === 'roles' && (typeof filled !== 'string' || isOctets(filled))) {
        report(`${name}.roles must be an attribute of text`);
      }
      return [field, filled];
    }),
  );
};

const groupRoles: Kind<NonNullable<LdapUserstoreOptions['groupRoles']>> = kind(
  'must be a function, or a list of roles for each group',
  (value) =>
    isFunction(value) ||
    (isPlainObject(value) &&
      Object.values(value).every((roles) => Array.isArray(roles) && Array.from(roles).every(isText))),
);

// An empty list would mean all authorities that Node.js trusts.
const authorities: Kind<LdapUserstoreOptions['ca']> = kind(
  'must be a certificate in PEM, or a list of them',
  (value) => {
    const list: unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [value];
    const isFilled = (part: unknown): boolean => isText(part) || (Buffer.isBuffer(part) && part.length > 0);
    return list.length > 0 && list.every(isFilled);
  },
);

const GROUPS = {
  baseDn: dn,
  by: optional(oneOf('search', 'memberOf', 'tokenGroups'), 'search'),
  nameAttribute: optional(nameAttribute, 'cn'),
  memberAttribute: optional(attribute, 'member'),
  nested: optional(oneOf(true, false, 'in-chain'), true),
} satisfies Record<keyof LdapGroups, Kind<unknown>>;

const OPTIONS = {
  url: listed(text),
  startTls: optional(flag, false),
  insecure: optional(flag, false),
  ca: optional(authorities),
  bindDn: optional(bindName),
  bindPassword: optional(text),
  baseDn: listed(dn),
  usernameAttribute: optional(nameAttribute, 'uid'),
  userFilter: optional(filter),
  attributes: optional(attributes, { email: 'mail' }),
  tokensValidFrom: optional(oneOf(...PASSWORD_TIMES)),
  groups: optional(objectOf(GROUPS)),
  groupRoles: optional(groupRoles, {}),
  timeoutMs: optional(wholeNumber({ min: 1, max: 60_000 }), 2000),
  cacheMs: optional(wholeNumber({ min: 0, max: 600_000 }), 5000),
  maxBinds: optional(wholeNumber({ min: 1, max: 1000 }), 10),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof LdapUserstoreOptions, Kind<unknown>>;

/** @throws ConfigurationError for unknown or invalid options */
export function ldapSettings(options: LdapUserstoreOptions): LdapSettings {
  const given = parseOptions('LdapUserstore', withoutContainer(options), OPTIONS);
  const { url, startTls, insecure, baseDn, bindDn, bindPassword, groups, clock, ...settings } = given;
  for (const each of url) refuseUrl(each, startTls, insecure);
  // A DN with an empty password is an anonymous bind that looks like a success (RFC 4513 section 5.1.2).
  if ((bindDn === undefined) !== (bindPassword === undefined)) {
    throw fault('bindDn and bindPassword go together');
  }
  if (groups?.nested === 'in-chain' && groups.by !== 'search') {
    throw fault("groups.nested 'in-chain' needs by: 'search'");
  }
  if (groups?.nested === false && groups.by === 'tokenGroups') {
    throw fault("groups.by 'tokenGroups' always has the groups of groups: leave nested out");
  }
  return {
    urls: url,
    startTls,
    ca: settings.ca,
    bindDn,
    bindPassword: bindPassword ?? '',
    baseDns: baseDn,
    usernameAttribute: settings.usernameAttribute,
    userFilter: settings.userFilter,
    attributes: settings.attributes,
    tokensValidFrom: settings.tokensValidFrom,
    groups,
    rolesOf: rolesOf(settings.groupRoles),
    timeoutMs: settings.timeoutMs,
    cacheMs: settings.cacheMs,
    maxBinds: settings.maxBinds,
    clock: clock ?? Date.now,
  };
}

function refuseUrl(url: string, startTls: boolean, insecure: boolean): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed?.protocol === 'ldap:';
  if (parsed === undefined || (!isPlain && parsed.protocol !== 'ldaps:') || parsed.hostname === '') {
    throw fault('url must be ldaps://host or ldap://host');
  }
  const { username, password, pathname, search, hash } = parsed;
  // Logs show the url, so it must not hold a password.
  if ([username, password, search, hash].join('') !== '' || !['', '/'].includes(pathname)) {
    throw fault('url must have nothing but a host and a port');
  }
  if (isPlain && !startTls && !insecure) {
    throw fault(`${url} would send passwords in clear: use ldaps://, startTls: true, or insecure: true`);
  }
  if (!isPlain && startTls) throw fault(`${url} is encrypted already: startTls is for ldap://`);
}

function rolesOf(value: NonNullable<LdapUserstoreOptions['groupRoles']>): LdapSettings['rolesOf'] {
  if (typeof value === 'function') return value;
  const table = new Map(Object.entries(value));
  return (group) => table.get(group) ?? [];
}

function fault(problem: string): ConfigurationError {
  return new ConfigurationError(`LdapUserstore: ${problem}`);
}

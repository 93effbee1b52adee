import { ConfigurationError } from '../errors';
import type { Clock } from '../util/clock';
import { knownOptions } from '../util/known-options';

/** Where a user's groups are found. Only groups below `baseDn` count, whoever else has groups of such names. */
export interface LdapGroups {
  readonly baseDn: string;
  /** How: groups that name their members, or the member's own `memberOf`. @default 'search' */
  readonly by?: 'search' | 'memberOf';
  /** What names a group. @default 'cn' */
  readonly nameAttribute?: string;
  /** For `search`: holds the DNs of members; with `memberUid` their user names. @default 'member' */
  readonly memberAttribute?: string;
  /**
   * Groups of groups: walked breadth first, or left out, or asked of Active Directory in one search by its rule
   * 1.2.840.113556.1.4.1941, which other directories answer with no groups at all. @default true
   */
  readonly nested?: boolean | 'in-chain';
}

export interface LdapUserstoreOptions {
  /** `ldaps://host`, or `ldap://host` with `startTls`. Of several the first that answers is used. */
  readonly url: string | readonly string[];
  /** Encrypts `ldap://` before anything is sent. @default false */
  readonly startTls?: boolean;
  /** True sends passwords in clear over `ldap://`. @default false */
  readonly insecure?: boolean;
  /** The certificates of the authorities to trust, in PEM. @default those of Node.js */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** The account that searches. Without it searches are anonymous. */
  readonly bindDn?: string;
  readonly bindPassword?: string;
  /** Below which entries users are found. */
  readonly baseDn: string | readonly string[];
  /** What users log in with: `sAMAccountName` or `userPrincipalName` in Active Directory. @default 'uid' */
  readonly usernameAttribute?: string;
  /** What users are, as a filter of RFC 4515: `(objectClass=person)`. @default every entry that has the name */
  readonly userFilter?: string;
  /** Fields of the user and the attributes they come from. `roles` takes all values. @default { email: 'mail' } */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly groups?: LdapGroups;
  /** The roles of each group: by its name, or a function of it. @default none */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | ((group: string) => readonly string[]);
  /** How long the directory may take to connect, or to answer, in milliseconds. @default 2000 */
  readonly timeoutMs?: number;
  /** How long a user who was looked up is kept, in milliseconds; 0 not at all. @default 5000 */
  readonly cacheMs?: number;
  /** How many passwords are proved at once, each by a connection of its own. @default 10 */
  readonly maxBinds?: number;
  /** For tests. @default Date.now */
  readonly clock?: Clock;
}

/** The options with nothing left out. */
export interface LdapSettings {
  readonly urls: readonly string[];
  readonly startTls: boolean;
  readonly ca: LdapUserstoreOptions['ca'];
  readonly bindDn: string | undefined;
  readonly bindPassword: string;
  readonly baseDns: readonly string[];
  readonly usernameAttribute: string;
  readonly userFilter: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: Required<LdapGroups> | undefined;
  readonly rolesOf: (group: string) => readonly string[];
  readonly timeoutMs: number;
  readonly cacheMs: number;
  readonly maxBinds: number;
  readonly clock: Clock;
}

const OPTIONS = [
  ...[
    'url',
    'startTls',
    'insecure',
    'ca',
    'bindDn',
    'bindPassword',
    'baseDn',
    'usernameAttribute',
    'userFilter',
  ],
  ...['attributes', 'groups', 'groupRoles', 'timeoutMs', 'cacheMs', 'maxBinds', 'clock'],
];
const GROUPS = ['baseDn', 'by', 'nameAttribute', 'memberAttribute', 'nested'];
/** @see RFC 4512 section 1.4, and options such as `;lang-en` of section 2.5 */
const ATTRIBUTE = /^[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*$/;
const OWN_FIELDS = ['username', 'password', 'active', 'groups', 'tokensValidFrom', '__proto__'];
const SECRETS = /pass(?:wo?r?d|phrase)|pwd(?!lastset|changedtime)|krbprincipalkey|supplementalcredentials/i;

/** @throws ConfigurationError for options that do not hold */
export function ldapSettings(options: LdapUserstoreOptions): LdapSettings {
  const given = knownOptions('LdapUserstore', 'its options', options, OPTIONS);
  const urls = texts('url', given['url']);
  const [startTls, insecure] = [flag('startTls', given['startTls']), flag('insecure', given['insecure'])];
  for (const url of urls) refuseUrl(url, startTls, insecure);
  const bindDn = given['bindDn'] === undefined ? undefined : dn('bindDn', given['bindDn']);
  const bindPassword = given['bindPassword'];
  // A DN with an empty password is an anonymous bind that looks like a success (RFC 4513 section 5.1.2).
  if ((bindDn === undefined) !== (bindPassword === undefined))
    throw fault('bindDn and bindPassword go together');
  if (bindPassword !== undefined && !isText(bindPassword)) throw fault('bindPassword must not be empty');
  const { groupRoles, clock = Date.now } = options;
  if (typeof clock !== 'function') throw fault('clock must be a function');
  return {
    urls,
    startTls,
    ca: authorities(given['ca']),
    bindDn,
    bindPassword: bindPassword ?? '',
    baseDns: texts('baseDn', given['baseDn']).map((base) => dn('baseDn', base)),
    usernameAttribute: attribute('usernameAttribute', given['usernameAttribute'] ?? 'uid'),
    userFilter: given['userFilter'] === undefined ? undefined : filter(given['userFilter']),
    attributes: fields(given['attributes'] ?? { email: 'mail' }),
    groups: given['groups'] === undefined ? undefined : groups(given['groups']),
    rolesOf: rolesOf(groupRoles),
    timeoutMs: integer('timeoutMs', given['timeoutMs'] ?? 2000, 1, 60_000),
    cacheMs: integer('cacheMs', given['cacheMs'] ?? 5000, 0, 600_000),
    maxBinds: integer('maxBinds', given['maxBinds'] ?? 10, 1, 1000),
    clock,
  };
}

function refuseUrl(url: string, startTls: boolean, insecure: boolean): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed?.protocol === 'ldap:';
  if (parsed === undefined || (!isPlain && parsed.protocol !== 'ldaps:') || parsed.hostname === '') {
    throw fault('url must be ldaps://host or ldap://host');
  }
  const { username, password, pathname, search, hash } = parsed;
  // Logs name the url.
  if ([username, password, search, hash].join('') !== '' || !['', '/'].includes(pathname)) {
    throw fault('url must have nothing but a host and a port');
  }
  if (isPlain && !startTls && !insecure) {
    throw fault(`${url} would send passwords in clear: use ldaps://, startTls: true, or insecure: true`);
  }
  if (!isPlain && startTls) throw fault(`${url} is encrypted already: startTls is for ldap://`);
}

function groups(value: unknown): Required<LdapGroups> {
  const given = knownOptions('LdapUserstore', 'groups', value, GROUPS);
  const { by = 'search', nested = true } = given;
  if (by !== 'search' && by !== 'memberOf') throw fault("groups.by must be 'search' or 'memberOf'");
  if (nested !== true && nested !== false && nested !== 'in-chain') {
    throw fault("groups.nested must be true, false or 'in-chain'");
  }
  if (nested === 'in-chain' && by === 'memberOf') throw fault("groups.nested 'in-chain' needs by: 'search'");
  return {
    baseDn: dn('groups.baseDn', given['baseDn']),
    by,
    nested,
    nameAttribute: attribute('groups.nameAttribute', given['nameAttribute'] ?? 'cn'),
    memberAttribute: attribute('groups.memberAttribute', given['memberAttribute'] ?? 'member'),
  };
}

function fields(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fault('attributes must be an object');
  }
  return Object.fromEntries(
    Object.entries(value).map(([field, from]) => {
      if (OWN_FIELDS.includes(field)) throw fault(`attributes cannot fill ${field}`);
      return [field, attribute(`attributes.${field}`, from)];
    }),
  );
}

function rolesOf(value: LdapUserstoreOptions['groupRoles']): LdapSettings['rolesOf'] {
  if (value === undefined) return () => [];
  if (typeof value === 'function') return value;
  const isTable =
    typeof (value as unknown) === 'object' &&
    (value as unknown) !== null &&
    Object.values(value).every((roles: unknown) => Array.isArray(roles) && roles.every(isText));
  if (!isTable) throw fault('groupRoles must be a function, or a list of roles for each group');
  const table = new Map(Object.entries(value));
  return (group) => table.get(group) ?? [];
}

function attribute(name: string, value: unknown): string {
  if (typeof value !== 'string' || !ATTRIBUTE.test(value))
    throw fault(`${name} must be the name of an attribute`);
  if (SECRETS.test(value)) throw fault(`${name} must not be an attribute of passwords`);
  return value;
}

function dn(name: string, value: unknown): string {
  if (isText(value) && value.includes('=') && !/\p{Cc}/u.test(value)) return value;
  throw fault(`${name} must be a distinguished name, such as 'ou=people,dc=example,dc=org'`);
}

/** An empty one would mean everybody whom Node.js trusts. */
function authorities(value: unknown): LdapUserstoreOptions['ca'] {
  if (value === undefined) return undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const isFilled =
    list.length > 0 && list.every((one) => isText(one) || (Buffer.isBuffer(one) && one.length > 0));
  if (!isFilled) throw fault('ca must be a certificate in PEM, or a list of them');
  return value as LdapUserstoreOptions['ca'];
}

function filter(value: unknown): string {
  if (isText(value) && value.startsWith('(') && value.endsWith(')')) return value;
  throw fault("userFilter must be a filter in parentheses, such as '(objectClass=person)'");
}

function texts(name: string, value: unknown): readonly string[] {
  const list: unknown = Array.isArray(value) ? value : [value];
  if (Array.isArray(list) && list.length > 0 && list.every(isText)) return list;
  throw fault(`${name} must be a text, or a list of them`);
}

function flag(name: string, value: unknown = false): boolean {
  if (typeof value === 'boolean') return value;
  throw fault(`${name} must be true or false`);
}

function integer(name: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw fault(`${name} must be a whole number from ${String(min)} to ${String(max)}`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function fault(problem: string): ConfigurationError {
  return new ConfigurationError(`LdapUserstore: ${problem}`);
}

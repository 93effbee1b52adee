import type { Entry, Filter } from 'ldapts';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { type Group, isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { ConfigurationError, ServiceUnavailableError } from '../errors';
import { escapeDnValue, isNamedBy } from './distinguished-name';
import { ACCOUNT_ATTRIBUTES, isActive, octetsOf, valuesOf } from './entries';
import { GroupSearch, type Reach } from './group-search';
import { loadLdapts } from './ldap-connection';
import { LdapDirectory } from './ldap-directory';
import { saysNoSuchName, saysTooMany } from './ldap-faults';
import {
  type LdapAttribute,
  type LdapSettings,
  ldapSettings,
  type LdapUserstoreOptions,
} from './ldap-options';
import { LookupCache } from './lookup-cache';
import { isOctets, type OctetForm, octetsAs } from './octets';
import { passwordTimeOf } from './password-time';
import { setUpWarnings } from './set-up-warnings';
import { MAX_PASSWORD_BYTES } from '../passwords/password-text';

const MAX_NAME = 255;
const NOWHERE: Reach = { direct: [], groups: new Map() };

/**
 * Users and their groups from an LDAP directory or Active Directory. It never reads passwords or hashes: an
 * `LdapProvider` verifies passwords.
 *
 * A user name must match exactly, even if the directory takes other spellings for equal. A name that several entries
 * have is refused. If the directory is down, slow or refuses the app's account, the status is 503.
 */
export class LdapUserstore<U extends User = User> implements UserstoreInterface<U>, ProblemSource {
  declare readonly name?: string;
  readonly #settings: LdapSettings;
  readonly #directory: LdapDirectory;
  readonly #groups: GroupSearch | undefined;
  readonly #cache: LookupCache<U>;
  readonly #userFilter: Filter | undefined;
  /** The entry of each user, and all user names of the entry. */
  readonly #entries = new WeakMap<User, { dn: string; usernames: readonly string[] }>();
  /** The groups of each user. */
  readonly #reach = new WeakMap<User, Reach>();
  readonly #problems = new ProblemBoard();
  #isChecked = false;
  #hasTold = false;

  /** Does not connect to the directory yet. @throws ConfigurationError for unknown or invalid options */
  constructor(options: LdapUserstoreOptions) {
    const settings = ldapSettings(options);
    this.#settings = settings;
    this.#userFilter = parsed(settings.userFilter);
    this.#directory = new LdapDirectory(settings);
    this.#groups =
      settings.groups && new GroupSearch(settings.groups, (search) => this.#directory.search(search));
    this.#cache = new LookupCache(
      settings.cacheMs,
      settings.clock,
      (user) => this.#entries.get(user)?.usernames ?? [],
    );
  }

  /** True with the option `tokensValidFrom`: without it the store cannot tell that a password has changed. */
  get hasTokensValidFrom(): boolean {
    return this.#settings.tokensValidFrom !== undefined;
  }

  async getUser(identifier: string): Promise<U | null> {
    if (!isSearchable(identifier)) return null;
    return this.#cache.find(identifier, () => this.#look(identifier));
  }

  /** The group with its roles by `groupRoles`, and its parent groups. */
  async getGroup(name: string, user?: U): Promise<Group | null> {
    const known = user && this.#reach.get(user);
    const parents = known === undefined ? await this.#parentsOf(name) : known.groups.get(name);
    if (parents === undefined || parents === null) return null;
    return { name, roles: [...this.#settings.rolesOf(name)], groups: [...parents] };
  }

  /**
   * Whether the password is right for a user that {@link getUser} found. For any other user it costs a bind as well,
   * and returns false.
   * @throws ServiceUnavailableError
   * @internal
   */
  async proves(
    user: User | undefined,
    username: string,
    password: string,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const dn = this.entryOf(user);
    const length = Buffer.byteLength(password);
    if (password === '' || length > MAX_PASSWORD_BYTES || /\p{Cc}/u.test(password)) return false;
    if (dn !== undefined) return this.#directory.proves(dn, password, signal);
    // The password may belong to another store, or to a mistyped name, so this directory must not get it.
    const proof = this.#directory.proves(this.#nobody(username), 'x'.repeat(length), signal);
    await proof.catch((error: unknown) => {
      // Some directories answer differently for an unknown entry than for a wrong password.
      if (!saysNoSuchName(error)) throw error;
    });
    return false;
  }

  /** The distinguished name of the user's entry. @internal */
  entryOf(user: User | undefined): string | undefined {
    return user && this.#entries.get(user)?.dn;
  }

  /** Whether this store found the user. @internal */
  has(user: User): boolean {
    return this.#entries.has(user);
  }

  /** Drops a user and its groups from the cache, under every name of the entry. Never throws. */
  forget(username: string): void {
    if (isSearchable(username)) this.#cache.forget(username);
  }

  /**
   * Connects and searches once, so that a wrong set-up is found before the first login.
   * @throws ConfigurationError that describes the fault
   */
  async check(): Promise<void> {
    try {
      const { baseDns, groups } = this.#settings;
      const { PresenceFilter } = loadLdapts();
      for (const baseDn of [...baseDns, ...(groups === undefined ? [] : [groups.baseDn])]) {
        const filter = new PresenceFilter({ attribute: 'objectClass' });
        const found = await this.#directory.search({
          baseDn,
          scope: 'base',
          filter,
          attributes: ['1.1'],
        });
        if (found.length !== 1)
          throw new Error(`the entry ${baseDn} does not exist, or bindDn may not see it`);
      }
    } catch (error) {
      throw new ConfigurationError(`LdapUserstore: ${messageOf(error)}`, { cause: error });
    }
  }

  close(): void {
    this.#cache.clear();
    this.#directory.close();
  }

  /** Reports faults of the set-up, which is checked when an app starts to use the store. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    const stop = this.#problems.listen(listener);
    if (!this.#isChecked) {
      this.#isChecked = true;
      for (const problem of setUpWarnings(this.#settings)) this.#report({ problem });
      this.check().catch((error: unknown) => {
        this.#report({ problem: messageOf((error as Error).cause) });
      });
    }
    return stop;
  }

  async #look(identifier: string): Promise<U | null> {
    const { usernameAttribute, baseDns, attributes, tokensValidFrom } = this.#settings;
    const { AndFilter, EqualityFilter } = loadLdapts();
    const isNamed = new EqualityFilter({ attribute: usernameAttribute, value: identifier });
    const sources = Object.values(attributes);
    const wanted = [
      usernameAttribute,
      ...sources.map(nameOf),
      ...ACCOUNT_ATTRIBUTES,
      ...(tokensValidFrom ? [tokensValidFrom] : []),
    ];
    const search = {
      scope: 'sub',
      filter: new AndFilter({ filters: [isNamed, ...(this.#userFilter ? [this.#userFilter] : [])] }),
      attributes: [...new Set([...wanted, ...(this.#groups?.wanted ?? [])])],
      octets: sources.filter(hasOctets).map(nameOf),
    } as const;
    const found = await Promise.all(
      baseDns.map((baseDn) =>
        this.#directory.search({ ...search, baseDn }).catch((error: unknown) => {
          // An entry that the server left out may have the name as well.
          if (saysTooMany(error)) return 'too many' as const;
          throw error;
        }),
      ),
    );
    const results = found.flatMap((one) => (one === 'too many' ? [] : one));
    const entries = new Map(results.map((entry) => [entry.dn.toLowerCase(), entry]));
    const [entry, another] = entries.values();
    if (another !== undefined || found.includes('too many')) {
      this.#report({ problem: 'several entries have the user name, so it is refused', user: identifier });
      return null;
    }
    // The directory takes names for equal that differ in case or spaces. For throttling and tokens they are different.
    const usernames = entry === undefined ? [] : valuesOf(entry, usernameAttribute);
    if (entry === undefined || !usernames.includes(identifier)) return null;
    return this.#toUser(entry, usernames);
  }

  async #toUser(entry: Entry, usernames: readonly string[]): Promise<U> {
    const { attributes, clock, usernameAttribute } = this.#settings;
    // Always the same name, whichever was typed: sessions, factors and other records of a user are stored by name.
    const sorted = [...usernames].sort();
    const username = sorted.find((name) => isNamedBy(entry.dn, usernameAttribute, name)) ?? sorted[0] ?? '';
    const reach = await this.#groups?.reachOf({
      dn: entry.dn,
      username,
      memberOf: valuesOf(entry, 'memberOf'),
    });
    const fields = Object.entries(attributes).map(([field, attribute]) => {
      if (hasOctets(attribute)) {
        const [octets] = octetsOf(entry, nameOf(attribute));
        return [field, octets && octetsAs(octets, formOf(attribute))] as const;
      }
      const values = valuesOf(entry, nameOf(attribute));
      return [field, field === 'roles' ? Object.freeze(values) : values[0]] as const;
    });
    const user: User = {
      ...(Object.fromEntries(fields) as Partial<User>),
      username,
      active: isActive(entry, clock()),
      ...this.#stamp(entry),
      groups: reach?.direct ?? [],
    };
    if (!isUser(user) || entry.dn === '') throw new Error('LdapUserstore: an entry is not a valid user');
    this.#entries.set(user, { dn: entry.dn, usernames });
    this.#reach.set(user, reach ?? NOWHERE);
    return Object.freeze(user) as U;
  }

  #stamp(entry: Entry): Pick<User, 'tokensValidFrom'> {
    const { tokensValidFrom: attribute } = this.#settings;
    if (attribute === undefined) return {};
    const time = passwordTimeOf(entry, attribute);
    if (time !== undefined) return { tokensValidFrom: time };
    if (!this.#hasTold) {
      this.#hasTold = true;
      this.#report({
        problem: `there are users without ${attribute}: it begins with the first change of their password, if bindDn may read it`,
      });
    }
    return {};
  }

  /** The name of an entry that cannot exist, with a user name of the same length. */
  #nobody(username: string): string {
    const { usernameAttribute, baseDns } = this.#settings;
    return `${usernameAttribute}=${escapeDnValue(username)},ou=securest-nobody,${baseDns[0] ?? ''}`;
  }

  async #parentsOf(name: string): Promise<readonly string[] | null> {
    return this.#groups === undefined || !isSearchable(name) ? null : this.#groups.parentsOf(name);
  }

  #report(problem: { problem: string; user?: string }): void {
    this.#problems.report({ component: this.name ?? this.constructor.name, ...problem });
  }
}

function nameOf(attribute: LdapAttribute): string {
  return typeof attribute === 'string' ? attribute : attribute.from;
}

function hasOctets(attribute: LdapAttribute): boolean {
  return typeof attribute !== 'string' || isOctets(attribute);
}

function formOf(attribute: LdapAttribute): OctetForm {
  return typeof attribute === 'string' ? 'bytes' : attribute.as;
}

/** @throws ConfigurationError for a filter that cannot be read */
function parsed(filter: string | undefined): Filter | undefined {
  if (filter === undefined) return undefined;
  try {
    return loadLdapts().FilterParser.parseString(filter);
  } catch (cause) {
    throw new ConfigurationError('LdapUserstore: userFilter is not a filter of RFC 4515', { cause });
  }
}

/** A name must not have control characters, such as NUL and newline. */
function isSearchable(identifier: unknown): identifier is string {
  return (
    typeof identifier === 'string' &&
    identifier !== '' &&
    identifier.length <= MAX_NAME &&
    !/[\p{Cc}\p{Surrogate}]/u.test(identifier)
  );
}

function messageOf(error: unknown): string {
  const told = error instanceof ServiceUnavailableError ? error.cause : error;
  if (told instanceof AggregateError) return told.errors.map(messageOf).join('; ');
  return told instanceof Error ? told.message : String(told);
}

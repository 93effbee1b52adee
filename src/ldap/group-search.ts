import type { Entry } from 'ldapts';
import { isBelow } from './distinguished-name';
import { octetsOf, valuesOf } from './entries';
import { loadLdapts, type Search } from './ldap-connection';
import type { LdapGroups } from './ldap-options';

/** Active Directory's LDAP_MATCHING_RULE_IN_CHAIN. */
const IN_CHAIN = '1.2.840.113556.1.4.1941';
/** A user in more groups is an error: a truncated list could lack the group whose role a rule denies. */
const MAX_GROUPS = 1000;
/** The limit of Windows for the groups in a token. */
const MAX_TOKEN_GROUPS = 1024;
/** The number of SIDs in one search for groups. */
const SIDS_PER_SEARCH = 200;

const TOKEN_GROUPS = 'tokenGroups';

/** The user or group whose groups are searched: the entry, its `memberOf`, and the user name. */
export interface Member {
  readonly dn: string;
  readonly memberOf: readonly string[];
  readonly username?: string;
}

/** The groups of a user. */
export interface Reach {
  /** The names of the groups that the user is a direct member of. */
  readonly direct: readonly string[];
  /** The names of each group's parents, by the name of the group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** Finds groups in a directory: breadth first, each group once, so that cycles of groups end. */
export class GroupSearch {
  constructor(
    private readonly groups: Required<LdapGroups>,
    private readonly ask: (search: Search) => Promise<Entry[]>,
  ) {}

  /** The attributes that the search must request for each entry. */
  get wanted(): readonly string[] {
    return this.groups.by === 'memberOf' ? ['memberOf'] : [];
  }

  /** @throws ServiceUnavailableError; Error for too many groups, and for a group without a name */
  async reachOf(member: Member): Promise<Reach> {
    if (this.groups.by === 'tokenGroups') return this.#reachByToken(member.dn);
    const found = new Map<string, { name: string; parents: readonly string[] }>();
    const direct = await this.#groupsOf(member);
    for (let level = direct; level.length > 0;) {
      const fresh = new Map(level.map((group) => [keyOf(group), group]));
      for (const key of found.keys()) fresh.delete(key);
      if (found.size + fresh.size > MAX_GROUPS) {
        throw new Error('LdapUserstore: a user is in too many groups');
      }
      const above = await Promise.all([...fresh.values()].map((group) => this.#parentsOf(group)));
      [...fresh].forEach(([key, group], index) => {
        found.set(key, { name: this.#nameOf(group), parents: (above[index] ?? []).map(keyOf) });
      });
      level = above.flat();
    }
    const groups = new Map<string, readonly string[]>();
    for (const { name, parents } of found.values()) {
      const names = parents.flatMap((key) => found.get(key)?.name ?? []);
      groups.set(name, sorted([...(groups.get(name) ?? []), ...names]));
    }
    return { direct: sorted(direct.map((group) => this.#nameOf(group))), groups };
  }

  /** The names of a group's parents; null when no group has exactly that name. */
  async parentsOf(name: string): Promise<readonly string[] | null> {
    const { baseDn, nameAttribute } = this.groups;
    const { EqualityFilter } = loadLdapts();
    const filter = new EqualityFilter({ attribute: nameAttribute, value: name });
    const attributes = [nameAttribute, ...this.wanted];
    const entries = await this.ask({ baseDn, scope: 'sub', filter, attributes });
    const named = entries.filter((entry) => valuesOf(entry, nameAttribute)[0] === name);
    if (named.length === 0) return null;
    const parents = await Promise.all(named.map((group) => this.#parentsOf(group)));
    return sorted(parents.flat().map((group) => this.#nameOf(group)));
  }

  /**
   * The groups that Active Directory itself computes for a user, including groups of groups and the primary group.
   * It computes them only in base searches.
   */
  async #reachByToken(dn: string): Promise<Reach> {
    const { PresenceFilter } = loadLdapts();
    const filter = new PresenceFilter({ attribute: 'objectClass' });
    const search = {
      baseDn: dn,
      scope: 'base',
      filter,
      attributes: [TOKEN_GROUPS],
      octets: [TOKEN_GROUPS],
    } as const;
    const sids = (await this.ask(search)).flatMap((entry) => octetsOf(entry, TOKEN_GROUPS));
    // Every user has a primary group, so an empty list is an error. Ignoring it could lose a group that a rule denies.
    if (sids.length === 0) {
      throw new Error(
        'LdapUserstore: a user has no tokenGroups: the directory is not an Active Directory, or bindDn may not read them',
      );
    }
    if (sids.length > MAX_TOKEN_GROUPS) throw new Error('LdapUserstore: a user is in too many groups');
    const parts = Array.from({ length: Math.ceil(sids.length / SIDS_PER_SEARCH) }, (_, index) =>
      sids.slice(index * SIDS_PER_SEARCH, (index + 1) * SIDS_PER_SEARCH),
    );
    const found = await Promise.all(parts.map((part) => this.#withSids(part)));
    const direct = sorted(found.flat().map((group) => this.#nameOf(group)));
    return { direct, groups: new Map(direct.map((name) => [name, []])) };
  }

  /** The groups below the base that have these SIDs. */
  #withSids(sids: readonly Buffer[]): Promise<Entry[]> {
    const { baseDn, nameAttribute } = this.groups;
    const { EqualityFilter, OrFilter } = loadLdapts();
    const filters = sids.map((value) => new EqualityFilter({ attribute: 'objectSid', value }));
    return this.ask({ baseDn, scope: 'sub', filter: new OrFilter({ filters }), attributes: [nameAttribute] });
  }

  async #parentsOf(group: Entry): Promise<Entry[]> {
    if (this.groups.by === 'tokenGroups' || this.groups.nested !== true) return [];
    return this.#groupsOf({ dn: group.dn, memberOf: valuesOf(group, 'memberOf') });
  }

  #groupsOf({ dn, memberOf, username }: Member): Promise<Entry[]> {
    return this.groups.by === 'memberOf' ? this.#read(memberOf) : this.#containing(dn, username);
  }

  /** The groups that name the entry as a member. */
  async #containing(dn: string, username: string | undefined): Promise<Entry[]> {
    const { baseDn, nested, memberAttribute, nameAttribute } = this.groups;
    const { EqualityFilter, ExtensibleFilter } = loadLdapts();
    const value = memberAttribute.toLowerCase() === 'memberuid' ? username : dn;
    if (value === undefined) return [];
    const filter =
      nested === 'in-chain'
        ? new ExtensibleFilter({ matchType: memberAttribute, rule: IN_CHAIN, value })
        : new EqualityFilter({ attribute: memberAttribute, value });
    return this.ask({ baseDn, scope: 'sub', filter, attributes: [nameAttribute] });
  }

  /** The groups with these names that are below the base. */
  async #read(dns: readonly string[]): Promise<Entry[]> {
    const { baseDn, nameAttribute } = this.groups;
    const below = [...new Set(dns)].filter((dn) => isBelow(dn, baseDn));
    if (below.length > MAX_GROUPS) throw new Error('LdapUserstore: a user is in too many groups');
    const { PresenceFilter } = loadLdapts();
    const filter = new PresenceFilter({ attribute: 'objectClass' });
    const attributes = [nameAttribute, 'memberOf'];
    const results = await Promise.all(
      below.map((dn) => this.ask({ baseDn: dn, scope: 'base', filter, attributes })),
    );
    return results.flat();
  }

  #nameOf(group: Entry): string {
    const [name] = valuesOf(group, this.groups.nameAttribute);
    if (name === undefined || name === '') throw new Error('LdapUserstore: a group has no name');
    return name;
  }
}

function keyOf({ dn }: Entry): string {
  return dn.toLowerCase();
}

function sorted(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].sort());
}

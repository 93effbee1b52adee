import { type FixedUser, fixedUser } from '../core/fixed-user';
import { silencePromisesIn } from '../core/silence';
import { dateOfStamp, stampOf } from '../core/stamp';
import { isUser, type Group, type User } from '../core/user';
import { type MaybePromise, ORIGIN_OF, type UserOrigin, type UserstoreInterface } from '../core/userstore';
import type { Observers } from '../audit/observers';
import type { Activity } from './activity';
import { appended } from '../util/appended';
import { attempted, chained } from '../util/maybe-promise';

/** The place where a user was found: groups are looked up there, and nowhere else. */
export interface Origin {
  readonly store: UserstoreInterface;
  /** The store's name in logs and events. */
  readonly name: string;
  /** The user as the store returned it. */
  readonly user: User;
  /** Its `tokensValidFrom` at that moment: the store may change the object that it returned. */
  readonly stamp: number;
  /** The facts about the user that cannot change; undefined for a user that can change. */
  readonly fixed: FixedUser | undefined;
  /** False for a user who must not log in. */
  readonly isActive: boolean;
}

/** A store by its name. `get` resolves it anew, so that a replaced instance counts at once. */
export interface StoreLink {
  readonly name: string;
  readonly get: () => UserstoreInterface;
}

/**
 * Several userstores as one, asked in order. The first store that has the user answers for it. A store that fails ends
 * the search: a weaker store must not stand in for a store that is down.
 */
export class UserstoreChain {
  /**
   * @param links the stores in the order in which they are asked
   * @param sources number of places that users come from, including providers that supply their own users
   */
  constructor(
    private readonly links: () => readonly StoreLink[],
    private readonly activity: Activity,
    private readonly sources: () => number = () => links().length,
    private readonly observers?: Observers,
  ) {}

  /**
   * A user as events name it. If users come from several places, the name alone is ambiguous: `sql:alice`.
   * @param owner the store that the user came from, or the provider that supplied it
   */
  label(username: string, owner: string): string {
    return this.sources() > 1 ? `${owner}:${username}` : username;
  }

  isEmpty(): boolean {
    return this.links().length === 0;
  }

  isSeveral(): boolean {
    return this.links().length > 1;
  }

  /** Synchronous if the stores that are asked answer synchronously. An error of a store rejects. */
  find(identifier: string): MaybePromise<Origin | null> {
    return attempted(() => {
      const links = this.links();
      if (links.length === 0)
        throw new Error('This app has no userstore: decorate a class with @Userstore()');
      return this.findIn(links, 0, identifier);
    });
  }

  /** The group of that name in the store that a user came from; in any store for a user of no store. */
  async findGroup(name: string, origin: Origin | undefined): Promise<Group | null> {
    const links = origin === undefined ? this.links() : [{ name: origin.name, get: () => origin.store }];
    for (const link of links) {
      const store = link.get();
      const { observers } = this;
      const group = await (observers?.isOn && store.getGroup !== undefined
        ? observers.userstore(link.name, 'getGroup', () => store.getGroup?.(name, origin?.user))
        : store.getGroup?.(name, origin?.user));
      silencePromisesIn(group);
      if (group !== null && group !== undefined) return group;
    }
    return null;
  }

  private findIn(
    links: readonly StoreLink[],
    index: number,
    identifier: string,
  ): MaybePromise<Origin | null> {
    const link = links[index];
    if (link === undefined) return null;
    const store = link.get();
    const { observers } = this;
    const found = observers?.isOn
      ? observers.userstore(link.name, 'getUser', () => store.getUser(identifier))
      : store.getUser(identifier);
    return chained(found, (user) => {
      if (user === null || user === undefined) return this.findIn(links, index + 1, identifier);
      const fixed = fixedUser(user);
      if (fixed === undefined) silencePromisesIn(user);
      // A value that is not a user is passed on too: the caller detects and reports it.
      const isValid = fixed !== undefined || isUser(user);
      const origin = {
        store,
        name: link.name,
        user,
        stamp: fixed?.stamp ?? (isValid ? stampOf(user) : 0),
        fixed,
        isActive: isValid && this.activity.holds(user),
      };
      const name = isValid ? user.username : identifier;
      if (index === 0 || name === identifier) return origin;
      // The store found the user under another name than its own. If an earlier store has a user of that own name, the
      // two must not be mistaken for each other.
      return chained(this.findIn(links.slice(0, index), 0, name), (earlier) =>
        earlier === null ? origin : null,
      );
    });
  }
}

const NOTHING_FOUND: readonly Origin[] = [];

/** The stores as given to one provider for one request. It records which store found which user. */
export class ProviderUserstore implements UserstoreInterface {
  private found: readonly Origin[] = NOTHING_FOUND;

  constructor(private readonly chain: UserstoreChain) {}

  getUser(identifier: string): MaybePromise<User | null> {
    return chained(this.chain.find(identifier), (origin) => {
      if (origin === null) return null;
      this.found = appended(this.found, origin);
      return origin.user;
    });
  }

  getGroup(name: string): Promise<Group | null> {
    return this.chain.findGroup(name, undefined);
  }

  /** A user as events name it, by the place where it was found. */
  label(username: string, otherwise: string): string {
    const origin = this.found.findLast(({ user }) => isUser(user) && user.username === username);
    return this.chain.label(username, origin?.name ?? otherwise);
  }

  [ORIGIN_OF](user: User): UserOrigin | undefined {
    const origin = this.originOf(user);
    if (origin === undefined) return undefined;
    const { store, name, isActive, stamp } = origin;
    const tokensValidFrom = dateOfStamp(stamp);
    return {
      store,
      name,
      isActive,
      isOneOfSeveral: this.chain.isSeveral(),
      ...(tokensValidFrom !== undefined && { tokensValidFrom }),
    };
  }

  /** The store that a user came from, in an app with several. */
  homeOf(origin: Origin | undefined): string | undefined {
    return this.chain.isSeveral() ? origin?.name : undefined;
  }

  /** The origin of this very object. */
  find(record: unknown): Origin | undefined {
    const [first] = this.found;
    return first?.user === record ? first : this.found.find((origin) => origin.user === record);
  }

  /** The origin of a user; a copy of a user is known by its name. */
  originOf(user: User): Origin | undefined {
    return (
      this.find(user) ??
      this.found.findLast((origin) => isUser(origin.user) && origin.user.username === user.username)
    );
  }

  /** The stamp of a user when the provider first saw it: a later change does not belong to its login. */
  stampOf(user: User, origin: Origin | undefined): number {
    if (origin !== undefined && this.found.length === 1) return origin.stamp;
    const first = this.found.find(({ user: seen }) => isUser(seen) && seen.username === user.username);
    return first?.stamp ?? stampOf(user);
  }
}

import { isUser, type Group, type User } from '../core/user';
import { STORE_NAME_OF, STORE_OF, type UserstoreInterface } from '../core/userstore';

/** Where a user was found: groups are looked up there, and nowhere else. */
export interface Origin {
  readonly store: UserstoreInterface;
  /** The store's name in logs and events. */
  readonly name: string;
  /** The user as the store returned it. */
  readonly user: User;
}

/** A store as the chain asks it. `get` resolves it anew, so that a replaced instance counts at once. */
export interface StoreLink {
  readonly name: string;
  readonly get: () => UserstoreInterface;
}

/**
 * Several userstores as one, asked in order: the first that has the user answers for it, and one that
 * fails ends the search, because a weaker store must not stand in for one that is down.
 */
export class UserstoreChain {
  /** @param links the stores in the order in which they are asked */
  constructor(private readonly links: () => readonly StoreLink[]) {}

  /**
   * A user as events name it. With several stores its name alone would not say who it is: `sql:alice`.
   * @param owner the store that the user came from, or the provider that brought it along
   */
  label(username: string, owner: string): string {
    return this.isSeveral() ? `${owner}:${username}` : username;
  }

  isSeveral(): boolean {
    return this.links().length > 1;
  }

  async find(identifier: string): Promise<Origin | null> {
    const links = this.links();
    if (links.length === 0) throw new Error('This app has no userstore: decorate a class with @Userstore()');
    for (const { name, get } of links) {
      const store = get();
      const user = await store.getUser(identifier);
      // What is no user either is passed on too: whoever asked finds out and says so.
      if (user !== null && user !== undefined) return { store, name, user };
    }
    return null;
  }

  /** The group of that name in the store that a user came from; in any store for a user of no store. */
  async findGroup(name: string, origin: Origin | undefined): Promise<Group | null> {
    if (origin !== undefined) return (await origin.store.getGroup?.(name, origin.user)) ?? null;
    for (const { get } of this.links()) {
      const group = await get().getGroup?.(name);
      if (group !== null && group !== undefined) return group;
    }
    return null;
  }
}

/** The stores as one provider is handed them for one request: it is on record which store found whom. */
export class ProviderUserstore implements UserstoreInterface {
  private readonly found: Origin[] = [];

  constructor(private readonly chain: UserstoreChain) {}

  async getUser(identifier: string): Promise<User | null> {
    const origin = await this.chain.find(identifier);
    if (origin === null) return null;
    this.found.push(origin);
    return origin.user;
  }

  getGroup(name: string): Promise<Group | null> {
    return this.chain.findGroup(name, undefined);
  }

  /** A user as events name it, by where it was found. */
  label(username: string, otherwise: string): string {
    const origin = this.found.findLast(({ user }) => isUser(user) && user.username === username);
    return this.chain.label(username, origin?.name ?? otherwise);
  }

  [STORE_OF](user: User): UserstoreInterface | undefined {
    return this.originOf(user)?.store;
  }

  [STORE_NAME_OF](user: User): string | undefined {
    return this.chain.isSeveral() ? this.originOf(user)?.name : undefined;
  }

  /** Where the provider got a user from; a copy of a user is known by its name. */
  originOf(user: User): Origin | undefined {
    return (
      this.found.find((origin) => origin.user === user) ??
      this.found.findLast((origin) => isUser(origin.user) && origin.user.username === user.username)
    );
  }
}

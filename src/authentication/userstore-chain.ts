import type { Group, User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';

/**
 * Several userstores as one, asked in order: the first that has the user answers for it, and one that
 * fails ends the search, because a weaker store must not stand in for one that is down.
 */
export class UserstoreChain implements UserstoreInterface {
  /** Who answered for a user, so that groups are looked up where the user came from. */
  private readonly owners = new WeakMap<User, UserstoreInterface>();

  /** @param stores resolves the stores in the order in which they are asked, anew each time */
  constructor(private readonly stores: () => readonly UserstoreInterface[]) {}

  async getUser(identifier: string): Promise<User | null> {
    const stores = this.stores();
    if (stores.length === 0) throw new Error('This app has no userstore: decorate a class with @Userstore()');
    for (const store of stores) {
      const user = await store.getUser(identifier);
      if (user === null || user === undefined) continue;
      // What is no object is no user either; whoever asked finds out and says so.
      if (typeof user === 'object') this.owners.set(user, store);
      return user;
    }
    return null;
  }

  /** The group of that name in the store that the user came from; in any store for a user of no store. */
  async getGroupFor(user: User, name: string): Promise<Group | null> {
    const owner = this.owners.get(user);
    for (const store of owner === undefined ? this.stores() : [owner]) {
      const group = await store.getGroup?.(name);
      if (group !== null && group !== undefined) return group;
    }
    return null;
  }

  async getGroup(name: string): Promise<Group | null> {
    for (const store of this.stores()) {
      const group = await store.getGroup?.(name);
      if (group !== null && group !== undefined) return group;
    }
    return null;
  }
}

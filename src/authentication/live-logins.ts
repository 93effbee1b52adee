/** The logins that outlive their request, such as those of sockets, by their user. */

/** A login that outlives its request. */
export interface LiveLogin {
  /** Starts a recheck as soon as possible. Never throws. */
  recheck(): void;
}

export class LiveLogins {
  /** Most users have a single login, which then needs no set. */
  private readonly byUser = new Map<string, LiveLogin | Set<LiveLogin>>();
  private count = 0;

  /** Number of rechecks so far, for logins that are not registered yet. */
  get changes(): number {
    return this.count;
  }

  add(username: string, login: LiveLogin): void {
    const known = this.byUser.get(username);
    if (known === undefined) this.byUser.set(username, login);
    else if (known instanceof Set) known.add(login);
    else this.byUser.set(username, new Set([known, login]));
  }

  remove(username: string, login: LiveLogin): void {
    const known = this.byUser.get(username);
    if (known instanceof Set) {
      known.delete(login);
      if (known.size === 0) this.byUser.delete(username);
    } else if (known === login) {
      this.byUser.delete(username);
    }
  }

  /** Rechecks all logins of the users with that name, whatever store they came from. */
  recheck(username: string): void {
    this.count += 1;
    const known = this.byUser.get(username);
    if (known === undefined) return;
    for (const login of known instanceof Set ? [...known] : [known]) login.recheck();
  }
}

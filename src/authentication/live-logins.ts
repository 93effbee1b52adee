/** The logins that go on after their request, such as those of sockets, by their user. */

/** One of them. */
export interface LiveLogin {
  /** Has it checked as soon as can be. Never throws. */
  recheck(): void;
}

export class LiveLogins {
  /** Most users have one, which then costs no set. */
  private readonly byUser = new Map<string, LiveLogin | Set<LiveLogin>>();
  private count = 0;

  /** How often logins had to be checked, for those that are not among them yet. */
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

  /** Has all logins of the users of that name checked, whatever store they came from. */
  recheck(username: string): void {
    this.count += 1;
    const known = this.byUser.get(username);
    if (known === undefined) return;
    for (const login of known instanceof Set ? [...known] : [known]) login.recheck();
  }
}

/** The logins that go on after their request, such as those of sockets, by their user. */

/** One of them. */
export interface LiveLogin {
  /** Has it checked as soon as can be. Never throws. */
  recheck(): void;
}

export class LiveLogins {
  private readonly byUser = new Map<string, Set<LiveLogin>>();
  private count = 0;

  /** How often logins had to be checked, for those that are not among them yet. */
  get changes(): number {
    return this.count;
  }

  /** How many users have one. */
  get size(): number {
    return this.byUser.size;
  }

  add(username: string, login: LiveLogin): void {
    const logins = this.byUser.get(username);
    if (logins === undefined) this.byUser.set(username, new Set([login]));
    else logins.add(login);
  }

  remove(username: string, login: LiveLogin): void {
    const logins = this.byUser.get(username);
    if (logins?.delete(login) === true && logins.size === 0) this.byUser.delete(username);
  }

  /** Has all logins of the users of that name checked, whatever store they came from. */
  recheck(username: string): void {
    this.count += 1;
    for (const login of [...(this.byUser.get(username) ?? [])]) login.recheck();
  }
}

const EVERY_MS = 60_000;

/** Deletes some of the ended rows of a table. */
export type Sweep = () => Promise<unknown>;

/**
 * Sweeps once a minute while at least one of the stores that share it is in use. It keeps no process alive. A failed
 * sweep is repeated a minute later: no caller waits for it.
 */
class Sweeper {
  readonly #users = new Set<object>();
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;

  begin(user: object, sweep: Sweep): void {
    this.#users.add(user);
    this.#timer ??= setInterval(() => {
      if (this.#isBusy) return;
      this.#isBusy = true;
      sweep()
        .catch(() => undefined)
        .finally(() => {
          this.#isBusy = false;
        });
    }, EVERY_MS).unref();
  }

  end(user: object): void {
    this.#users.delete(user);
    if (this.#users.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const SWEEPERS = new WeakMap<object, Map<string, Sweeper>>();

/** A store's share in the sweeper of a table and client in this process, from the first use to `close()`. */
export class Sweeping {
  readonly #sweeper: Sweeper;
  #state: 'unused' | 'used' | 'closed' = 'unused';

  /** @param client the client that the app passed: several stores over it share the sweeper */
  constructor(
    client: object,
    table: string,
    private readonly sweep: Sweep,
  ) {
    const tables = SWEEPERS.get(client) ?? new Map<string, Sweeper>();
    SWEEPERS.set(client, tables);
    this.#sweeper = tables.get(table) ?? new Sweeper();
    tables.set(table, this.#sweeper);
  }

  use(): void {
    if (this.#state !== 'unused') return;
    this.#state = 'used';
    this.#sweeper.begin(this, this.sweep);
  }

  close(): void {
    this.#state = 'closed';
    this.#sweeper.end(this);
  }
}

import type { Entry } from 'ldapts';
import { ServiceUnavailableError } from '../errors';
import { Gate } from '../util/gate';
import { LdapConnection, type Search } from './ldap-connection';
import { InvalidServiceLogin, OutdatedServiceLogin, unavailable } from './ldap-faults';
import type { LdapSettings } from './ldap-options';

/** The number of logins that may wait for a connection. */
const MAX_WAITING = 200;
const MAX_SEARCHES = 100;
const MAX_WAITING_SEARCHES = 5000;

type Settings = Pick<
  LdapSettings,
  'urls' | 'startTls' | 'ca' | 'bindDn' | 'bindPassword' | 'timeoutMs' | 'maxBinds'
>;

/**
 * The directory. All searches share one connection, which is bound as the app's account. Each password is verified on a
 * connection of its own, so that no search runs as another account.
 */
export class LdapDirectory {
  readonly #binds: Gate;
  readonly #searches = new Gate(MAX_SEARCHES, MAX_WAITING_SEARCHES);
  #service: Promise<LdapConnection> | undefined;
  #current: LdapConnection | undefined;
  #preferred = 0;

  constructor(private readonly settings: Settings) {
    this.#binds = new Gate(settings.maxBinds, MAX_WAITING);
  }

  /** @throws ServiceUnavailableError, also when too many searches are waiting, or this one waited too long */
  search(search: Search): Promise<Entry[]> {
    return this.#inTurn(this.#searches, () => this.#search(search));
  }

  async #search(search: Search): Promise<Entry[]> {
    const known = this.#current;
    const connection = await this.#connection();
    try {
      return await connection.search(search);
    } catch (error) {
      // The connection may have been lost long before: firewalls drop idle connections.
      if (connection !== known || connection.isOpen) throw error;
      return (await this.#connection()).search(search);
    }
  }

  /**
   * Whether the password is right for the entry, and the directory does not require a password change first.
   * @throws ServiceUnavailableError, also when too many logins are waiting, or this one waited too long
   */
  proves(dn: string, password: string, signal?: AbortSignal): Promise<boolean> {
    return this.#inTurn(this.#binds, async () => {
      if (signal?.aborted === true) throw new ServiceUnavailableError();
      const connection = await this.#open();
      try {
        return (await connection.bind(dn, password)) === 'right';
      } finally {
        connection.close();
      }
    });
  }

  /**
   * Refuses a request that has waited too long, because its client no longer waits. Otherwise the next requests would
   * wait as long, and under load no request would be answered in time.
   */
  #inTurn<T>(gate: Gate, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    return gate.pass(() => {
      if (performance.now() - since <= this.settings.timeoutMs) return work();
      const cause = new Error(
        'too many requests at once: this one would have waited for longer than timeoutMs',
      );
      throw new ServiceUnavailableError({ retryAfterSeconds: 1, cause });
    });
  }

  close(): void {
    this.#current?.close();
    this.#service?.then(
      (connection) => {
        connection.close();
      },
      () => undefined,
    );
    this.#service = undefined;
  }

  /** The shared connection. Calls that arrive while it is being opened wait for it. */
  #connection(): Promise<LdapConnection> {
    if (this.#service !== undefined && this.#current?.isOpen !== false) return this.#service;
    this.#current = undefined;
    const service = this.#connect();
    this.#service = service;
    service.then(
      (connection) => {
        if (this.#service === service) this.#current = connection;
      },
      () => {
        if (this.#service === service) this.#service = undefined;
      },
    );
    return service;
  }

  async #connect(): Promise<LdapConnection> {
    return this.#tryEach(async (url) => {
      const { bindDn, bindPassword } = this.settings;
      const connection = await LdapConnection.open({ ...this.settings, url });
      try {
        const proof = bindDn === undefined ? 'right' : await connection.bind(bindDn, bindPassword);
        if (proof === 'wrong') throw unavailable(url, new InvalidServiceLogin());
        if (proof === 'must change') throw unavailable(url, new OutdatedServiceLogin());
        return connection;
      } catch (error) {
        connection.close();
        throw error;
      }
    });
  }

  /** A connection without a bound account. */
  #open(): Promise<LdapConnection> {
    return this.#tryEach((url) => LdapConnection.open({ ...this.settings, url }));
  }

  /** Tries the urls in turn, beginning with the url that answered last. */
  async #tryEach(open: (url: string) => Promise<LdapConnection>): Promise<LdapConnection> {
    const { urls } = this.settings;
    const faults: unknown[] = [];
    for (let step = 0; step < urls.length; step += 1) {
      const index = (this.#preferred + step) % urls.length;
      try {
        const connection = await open(urls[index] ?? '');
        this.#preferred = index;
        return connection;
      } catch (error) {
        faults.push(error);
      }
    }
    const [only] = faults;
    if (faults.length === 1) throw only;
    throw new ServiceUnavailableError({
      cause: new AggregateError(faults.map(causeOf), 'no directory answers'),
    });
  }
}

function causeOf(error: unknown): unknown {
  return (error as { cause?: unknown } | undefined)?.cause ?? error;
}

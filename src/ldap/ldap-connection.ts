import type { ConnectionOptions } from 'node:tls';
import type * as Ldapts from 'ldapts';
import type { Client, Entry, Filter } from 'ldapts';
import { withinDeadline } from '../http/deadline';
import { loadOptional } from '../util/load-optional';
import { isRefusedLogin, resultOf, unavailable } from './ldap-faults';
import type { LdapSettings } from './ldap-options';
import { policyControl } from './password-policy';
import { Transport } from './transport';

/** What a connection is opened with. */
export type Target = Pick<LdapSettings, 'startTls' | 'ca' | 'timeoutMs'> & { readonly url: string };

export interface Search {
  readonly baseDn: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Those of them that are octets. */
  readonly octets?: readonly string[];
}

/** What a bind said of a password. */
export type Proof = 'right' | 'wrong' | 'must change';

/** @throws ConfigurationError where it is not installed */
export function loadLdapts(): typeof Ldapts {
  return loadOptional('ldapts', 'LdapUserstore') as typeof Ldapts;
}

/**
 * One connection, which is never opened again: after StartTLS the client would do that in clear, and else without
 * the bind. Whatever fails on it but an answer of the server ends it.
 */
export class LdapConnection {
  private constructor(
    readonly url: string,
    private readonly client: Client,
    private readonly transport: Transport,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Connects, and encrypts where that is asked for. Nobody is bound yet.
   * @throws ServiceUnavailableError with the reason as its cause
   */
  static async open({ url, startTls, ca, timeoutMs }: Target): Promise<LdapConnection> {
    const { Client } = loadLdapts();
    const transport = new Transport(url, ca, startTls);
    try {
      await inTime(transport.connect(), timeoutMs);
      const client = new Client({
        url,
        timeout: timeoutMs,
        strictDN: false,
        createConnection: () => transport.take(),
        createSecureConnection: ((options: ConnectionOptions) =>
          startTls ? transport.encrypt(options) : transport.take()) as never,
      });
      if (startTls) await inTime(client.startTLS(transport.tls), timeoutMs);
      return new LdapConnection(url, client, transport, timeoutMs);
    } catch (error) {
      transport.destroy();
      throw unavailable(url, error);
    }
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.transport.isOpen;
  }

  /**
   * Proves a password by a bind.
   * @param name a distinguished name; Active Directory takes `name@domain` and `DOMAIN\\name` too
   * @returns 'wrong' for the results by which directories refuse a login, and nothing else
   * @throws ServiceUnavailableError for every other answer, and none
   */
  async bind(name: string, password: string): Promise<Proof> {
    // The server takes a name without a password for an anonymous login, and answers with success. A word alone
    // could be the name of a SASL mechanism.
    if (password === '' || !/[=@\\]/.test(name)) throw new TypeError('A bind needs a name and a password');
    const policy = policyControl(loadLdapts().Control);
    try {
      await this.#within(() => this.client.bind(name, password, policy.control));
      return policy.mustChange ? 'must change' : 'right';
    } catch (error) {
      if (isRefusedLogin(error)) return 'wrong';
      throw unavailable(this.url, error);
    }
  }

  /** The entries found. References to other servers are not followed. @throws ServiceUnavailableError */
  async search({ baseDn, attributes, octets = [], ...search }: Search): Promise<Entry[]> {
    const found = await this.#ask(() =>
      this.client.search(baseDn, {
        ...search,
        attributes: [...attributes],
        explicitBufferAttributes: [...octets],
        derefAliases: 'never',
        timeLimit: Math.ceil(this.timeoutMs / 1000),
      }),
    );
    return found.searchEntries;
  }

  /** Ends it at once. */
  close(): void {
    this.transport.destroy();
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#within(work);
    } catch (error) {
      throw unavailable(this.url, error);
    }
  }

  async #within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await inTime(work(), this.timeoutMs);
    } catch (error) {
      if (resultOf(error) === undefined) this.close();
      throw error;
    }
  }
}

/** Within its deadline. Sockets, handshakes and deadlines keep no process alive: what is under way does. */
async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const alive = setInterval(() => undefined, milliseconds);
  try {
    return await withinDeadline(work, milliseconds);
  } finally {
    clearInterval(alive);
  }
}

import type { ConnectionOptions } from 'node:tls';
import type * as Ldapts from 'ldapts';
import type { Client, Entry, Filter } from 'ldapts';
import { withinDeadline } from '../http/deadline';
import { loadOptional } from '../util/load-optional';
import { isWrongPassword, resultOf, unavailable } from './ldap-faults';
import type { LdapSettings } from './ldap-options';
import { Transport } from './transport';

/** What a connection is opened with. */
export type Target = Pick<LdapSettings, 'startTls' | 'ca' | 'timeoutMs'> & { readonly url: string };

export interface Search {
  readonly baseDn: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** How many entries are enough. Without it, all or an error. */
  readonly sizeLimit?: number;
}

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
      await withinDeadline(transport.connect(), timeoutMs);
      const client = new Client({
        url,
        timeout: timeoutMs,
        strictDN: false,
        createConnection: () => transport.take(),
        createSecureConnection: ((options: ConnectionOptions) =>
          startTls ? transport.encrypt(options) : transport.take()) as never,
      });
      if (startTls) await withinDeadline(client.startTLS(transport.tls), timeoutMs);
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
   * @returns false for result 49, invalidCredentials, and nothing else
   * @throws ServiceUnavailableError for every other answer, and none
   */
  async bind(dn: string, password: string): Promise<boolean> {
    // The server takes a name without a password for an anonymous login, and answers with success.
    if (dn === '' || password === '' || !dn.includes('='))
      throw new TypeError('A bind needs a name and a password');
    try {
      await this.#within(() => this.client.bind(dn, password));
      return true;
    } catch (error) {
      if (isWrongPassword(error)) return false;
      throw unavailable(this.url, error);
    }
  }

  /** The entries found. References to other servers are not followed. @throws ServiceUnavailableError */
  async search({ baseDn, attributes, ...search }: Search): Promise<Entry[]> {
    const found = await this.#ask(() =>
      this.client.search(baseDn, {
        ...search,
        attributes: [...attributes],
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
      return await withinDeadline(work(), this.timeoutMs);
    } catch (error) {
      if (resultOf(error) === undefined) this.close();
      throw error;
    }
  }
}

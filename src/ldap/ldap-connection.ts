import type { ConnectionOptions } from 'node:tls';
import type * as Ldapts from 'ldapts';
import type { Client, Entry, Filter } from 'ldapts';
import { withinDeadline } from '../http/deadline';
import { loadOptional } from '../util/load-optional';
import { isRefusedLogin, resultOf, unavailable } from './ldap-faults';
import type { LdapSettings } from './ldap-options';
import { policyControl } from './password-policy';
import { Transport } from './transport';

/** The settings of a connection. */
export type Target = Pick<LdapSettings, 'startTls' | 'ca' | 'timeoutMs'> & { readonly url: string };

export interface Search {
  readonly baseDn: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** The attributes of the search that hold octets. */
  readonly octets?: readonly string[];
}

/** The result of a bind. */
export type Proof = 'right' | 'wrong' | 'must change';

/** @throws ConfigurationError if `ldapts` is not installed */
export function loadLdapts(): typeof Ldapts {
  return loadOptional('ldapts', 'LdapUserstore') as typeof Ldapts;
}

/**
 * One connection, which is never reopened: after StartTLS the client would reconnect in clear, and otherwise without
 * the bind. Every failure that is not an answer of the server ends the connection.
 */
export class LdapConnection {
  private constructor(
    readonly url: string,
    private readonly client: Client,
    private readonly transport: Transport,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Connects, and encrypts with `startTls`. No user is bound yet.
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

  /** Whether the connection can still be used. */
  get isOpen(): boolean {
    return this.transport.isOpen;
  }

  /**
   * Verifies a password by a bind.
   * @param name a distinguished name; Active Directory also accepts `name@domain` and `DOMAIN\\name`
   * @returns 'wrong' only for the result codes by which directories refuse a login
   * @throws ServiceUnavailableError for every other answer, and without an answer
   */
  async bind(name: string, password: string): Promise<Proof> {
    // A server takes a name without a password for an anonymous login, and answers with success. A plain word could
    // be the name of a SASL mechanism.
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

  /** Ends the connection at once. */
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

/**
 * Runs the work within a deadline. A timer keeps the process alive until the work ends: sockets, handshakes and
 * deadlines do not.
 */
async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const alive = setInterval(() => undefined, milliseconds);
  try {
    return await withinDeadline(work, milliseconds);
  } finally {
    clearInterval(alive);
  }
}

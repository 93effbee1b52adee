/** Accepts tickets through libkrb5, each in a context of its own that is dropped afterwards. */
import { BadCredentialsError, ServiceUnavailableError } from '../errors';
import { Gate } from '../util/gate';
import type { KerberosPackage, KerberosServer } from './kerberos-package';
import { isServerFault } from './ticket-faults';

/** The result of an accepted ticket. */
export interface Accepted {
  /** The principal as Kerberos writes it: `alice@EXAMPLE.COM`. */
  readonly principal: string;
  /** The token that proves this server to the client, in base64; undefined if the client did not request it. */
  readonly reply: string | undefined;
}

/** The number of threads in use at once, of the four that Node has for native work. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 256;

const gate = new Gate(MAX_AT_ONCE, MAX_WAITING);

export class Acceptor {
  constructor(
    private readonly kerberos: KerberosPackage,
    private readonly service: string,
  ) {}

  /**
   * @param token in base64
   * @throws BadCredentialsError when libkrb5 refuses the ticket; its cause has libkrb5's message
   * @throws ServiceUnavailableError when the keytab or the replay cache is out of order, or too many are waiting
   */
  accept(token: string, signal: AbortSignal): Promise<Accepted> {
    return gate.pass(async () => {
      if (signal.aborted) throw new ServiceUnavailableError();
      const server = await this.#server();
      let reply: unknown;
      try {
        reply = await server.step(token);
      } catch (error) {
        const cause = new Error(wordsOf(error));
        if (isServerFault(cause.message)) throw new ServiceUnavailableError({ cause });
        throw new BadCredentialsError({ cause });
      }
      const { username, contextComplete } = server;
      if (contextComplete !== true || typeof username !== 'string') throw new BadCredentialsError();
      return { principal: username, reply: isBase64(reply) ? reply : undefined };
    });
  }

  /** The fault that libkrb5 finds in the set-up, in words; undefined if it can accept tickets. */
  async findFault(): Promise<string | undefined> {
    const [name = '', host = ''] = this.service.split('@');
    const listed = await this.kerberos.principalDetails(name, host).then(
      () => undefined,
      (error: unknown) => wordsOf(error),
    );
    const usable = await this.kerberos.initializeServer(this.service).then(
      () => undefined,
      (error: unknown) => wordsOf(error),
    );
    if (usable === undefined) return undefined;
    if (listed !== undefined) {
      return `libkrb5 has no key for ${name}/${host} (${usable}): is \`keytab\` or KRB5_KTNAME the right file?`;
    }
    return (
      `the keytab has a key for ${name}/${host}, but libkrb5 takes the host for another (${usable}): set ` +
      'dns_canonicalize_hostname = false in krb5.conf, or give `service` the name that the name service has'
    );
  }

  async #server(): Promise<KerberosServer> {
    try {
      return await this.kerberos.initializeServer(this.service);
    } catch (error) {
      const cause = new Error(`The keytab cannot be used: ${wordsOf(error)}`);
      throw new ServiceUnavailableError({ cause });
    }
  }
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : 'no reason given';
  return text.replace(/^Unspecified GSS failure\.\s+Minor code may provide more information: /, '');
}

function isBase64(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9+/]+=*$/.test(value);
}

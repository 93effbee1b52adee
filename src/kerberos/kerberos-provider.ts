import { Authentication } from '../core/authentication';
import type { AuthenticationResult, AuthProviderInterface } from '../core/auth-provider';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource, reportProblem } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { BadCredentialsError, MalformedCredentialsError } from '../errors';
import { isInstance } from '../util/instance';
import type { Clock } from '../util/clock';
import { type Accepted, Acceptor } from './acceptor';
import { checkKerberosOptions, type KerberosProviderOptions } from './kerberos-options';
import { loadKerberos } from './kerberos-package';
import { checkKeytab, keytabExposure, keytabOfProcess } from './keytab';
import { mechanismOf, readNegotiate } from './negotiate-token';
import { isAnonymous, onlyComponent, parsePrincipal } from './principal';
import { requireReplayCache } from './replay-cache';
import { FaultReports, NTLM, type TicketFault, ticketFault } from './ticket-faults';

/**
 * Authenticates Kerberos tickets from `Authorization: Negotiate` (SPNEGO), through the optional peer `kerberos`.
 *
 * Each request proves itself with a ticket in one message; nothing is kept on the connection, no credentials that
 * a client delegates are kept, and NTLM is never negotiated. The reply carries the token that proves the server to
 * the client, whatever the action answers. The user is loaded from the userstore. Tickets do not protect what comes
 * with them: serve over TLS.
 * @see RFC 4559, RFC 4178
 */
export class KerberosProvider<U extends User = User> implements AuthProviderInterface<U>, ProblemSource {
  readonly credential = 'authorization';
  declare readonly name?: string;
  readonly #acceptor: Acceptor;
  readonly #realms: ReadonlySet<string>;
  readonly #username: NonNullable<KerberosProviderOptions['username']>;
  readonly #clock: Clock;
  readonly #reports = new FaultReports();
  readonly #problems = new ProblemBoard();

  /**
   * @throws ConfigurationError for options that are unknown or not valid, without the package `kerberos`, for a keytab
   * that cannot be read or has no key of the service, when another keytab is in use in this process, or where the environment
   * switches the replay cache off
   */
  constructor(options: KerberosProviderOptions) {
    const {
      service,
      realms,
      keytab,
      username = onlyComponent,
      clock = Date.now,
    } = checkKerberosOptions(options);
    const kerberos = loadKerberos();
    requireReplayCache();
    keytabOfProcess.use(keytab, (file) => {
      checkKeytab(file, service);
      this.#tell(keytabExposure(file));
    });
    this.#acceptor = new Acceptor(kerberos, service);
    this.#realms = new Set(realms);
    this.#username = username;
    this.#clock = clock;
    void this.#checkSetUp();
  }

  /**
   * @throws BadCredentialsError when the ticket is refused, its realm is not allowed, or nobody is its user
   * @throws MalformedCredentialsError when there is no Kerberos ticket in the first message; the store is not asked
   * @throws ServiceUnavailableError when the keytab cannot be used, or too many logins are waiting
   */
  async authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): Promise<AuthenticationResult<U>> {
    const token = readNegotiate(request.header('authorization'));
    if (token === undefined) return null;
    const mechanism = mechanismOf(token);
    if (mechanism === 'ntlm') this.#report(request, NTLM);
    if (mechanism !== 'kerberos') throw new MalformedCredentialsError();
    const { principal, reply } = await this.#accept(request, token);
    const username = await this.#usernameOf(principal);
    const user = await userstore.getUser(username);
    if (user === null || user === undefined) throw new BadCredentialsError();
    // The chain reports a store that returns something that is not a user.
    if (!isUser(user)) return user;
    return new Authentication(user, {
      methods: ['kerberos'],
      claims: { principal },
      ...(reply !== undefined && { replyHeaders: { 'WWW-Authenticate': `Negotiate ${reply}` } }),
    });
  }

  challenge(): Challenge {
    return { scheme: 'Negotiate' };
  }

  /** Hears what is wrong with the set-up. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  async #accept(request: SecurityRequest, token: Buffer): Promise<Accepted> {
    try {
      return await this.#acceptor.accept(token.toString('base64'), request.signal);
    } catch (error) {
      if (isInstance(error, BadCredentialsError)) {
        const words = error.cause instanceof Error ? error.cause.message : '';
        const fault = ticketFault(words);
        if (fault !== undefined) this.#report(request, fault, words);
      }
      throw error;
    }
  }

  async #usernameOf(text: string): Promise<string> {
    const principal = parsePrincipal(text);
    if (principal === undefined || isAnonymous(principal) || !this.#realms.has(principal.realm)) {
      throw new BadCredentialsError();
    }
    const username: unknown = await this.#username(principal);
    if (username === null || username === undefined) throw new BadCredentialsError();
    if (typeof username !== 'string' || username === '') {
      throw new TypeError(
        'The option username of KerberosProvider returned something that is not a user name',
      );
    }
    return username;
  }

  #report(request: SecurityRequest, fault: TicketFault, words?: string): void {
    if (!this.#reports.isDue(fault, this.#clock())) return;
    const problem = words === undefined ? fault.cure : `${fault.cure} (${words})`;
    reportProblem(request, { component: this.#component, problem });
  }

  /** What cannot be known at once is said as soon as it is. */
  async #checkSetUp(): Promise<void> {
    this.#tell(await this.#acceptor.findFault().catch(() => undefined));
  }

  #tell(problem: string | undefined): void {
    if (problem !== undefined) this.#problems.report({ component: this.#component, problem });
  }

  get #component(): string {
    return this.name ?? this.constructor.name;
  }
}

import { Authentication } from '../core/authentication';
import type { AuthenticationResult, AuthProviderInterface } from '../core/auth-provider';
import type { Challenge } from '../core/challenge';
import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource, reportProblem } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { BadCredentialsError, MalformedCredentialsError } from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';
import { isInstance } from '../util/instance';
import type { Clock } from '../util/clock';
import { type Accepted, Acceptor } from './acceptor';
import { checkKerberosOptions, foldRealm, type KerberosProviderOptions } from './kerberos-options';
import { loadKerberos } from './kerberos-package';
import { checkKeytab, keytabExposure, keytabOfProcess } from './keytab';
import { mechanismOf, readNegotiate } from './negotiate-token';
import { isAnonymous, type KerberosPrincipal, onlyComponent, parsePrincipal } from './principal';
import { requireReplayCache } from './replay-cache';
import { FaultReports, NTLM, REFUSED_PRINCIPALS, type TicketFault, ticketFault } from './ticket-faults';

/**
 * Authenticates Kerberos tickets from `Authorization: Negotiate` (SPNEGO), through the optional peer `kerberos`.
 *
 * Each request carries a ticket in one message. The provider keeps no state on the connection and no delegated
 * credentials, and never negotiates NTLM. The reply carries the token that proves the server to the client, whatever
 * the action answers. The user is loaded from the userstore. A ticket does not protect the rest of the request: serve
 * over TLS.
 * @see RFC 4559, RFC 4178
 */
export class KerberosProvider<U extends User = User> implements AuthProviderInterface<U>, ProblemSource {
  readonly credential = 'authorization';
  readonly proves = 'login';
  readonly schemes: readonly string[] = ['negotiate'];
  declare readonly name?: string;
  readonly #acceptor: Acceptor;
  /** The realms as the options spell them, by the form in which they are compared. */
  readonly #realms: ReadonlyMap<string, string>;
  readonly #ignoresRealmCase: boolean;
  readonly #offerTo: (request: SecurityRequest) => boolean;
  readonly #username: NonNullable<KerberosProviderOptions['username']>;
  readonly #clock: Clock;
  readonly #reports = new FaultReports();
  readonly #problems = new ProblemBoard();

  /**
   * @throws ConfigurationError for unknown or invalid options, without the package `kerberos`, for a keytab that cannot
   * be read or has no key of the service, when another keytab is in use in this process, or when the environment
   * switches the replay cache off
   */
  constructor(options: KerberosProviderOptions) {
    const {
      service,
      realms,
      ignoreRealmCase,
      offerTo = () => true,
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
    this.#ignoresRealmCase = ignoreRealmCase;
    this.#realms = new Map(realms.map((realm) => [ignoreRealmCase ? foldRealm(realm) : realm, realm]));
    this.#offerTo = offerTo;
    this.#username = username;
    this.#clock = clock;
    void this.#checkSetUp();
  }

  /**
   * @throws BadCredentialsError when the ticket is refused, its realm is not allowed, or its user does not exist
   * @throws MalformedCredentialsError when the first message has no Kerberos ticket; the store is not asked
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
    const username = await this.#usernameOf(request, principal);
    const user = await userstore.getUser(username);
    if (user === null || user === undefined) {
      await this.#reportUnknown(request, username, userstore);
      throw new BadCredentialsError();
    }
    // The chain reports a store that returns something that is not a user.
    if (!isUser(user)) return user;
    return new Authentication(user, {
      methods: ['kerberos'],
      claims: { principal },
      ...(reply !== undefined && { replyHeaders: { 'WWW-Authenticate': `Negotiate ${reply}` } }),
    });
  }

  /** Undefined for a client that `offerTo` leaves out. @throws TypeError if `offerTo` returns neither true nor false */
  challenge(request: SecurityRequest): Challenge | undefined {
    const isOffered: unknown = this.#offerTo(request);
    ignoreRejection(isOffered);
    if (typeof isOffered !== 'boolean') {
      throw new TypeError('The option offerTo of KerberosProvider must return true or false');
    }
    return isOffered ? { scheme: 'Negotiate' } : undefined;
  }

  /** Reports faults of the set-up to the listener. */
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

  async #usernameOf(request: SecurityRequest, text: string): Promise<string> {
    const parsed = parsePrincipal(text);
    if (parsed === undefined || isAnonymous(parsed)) throw new BadCredentialsError();
    const principal = this.#inItsRealm(request, parsed);
    const username: unknown = await this.#username(principal);
    if (username === null || username === undefined) {
      this.#report(request, REFUSED_PRINCIPALS.name);
      throw new BadCredentialsError();
    }
    if (typeof username !== 'string' || username === '') {
      throw new TypeError(
        'The option username of KerberosProvider returned something that is not a user name',
      );
    }
    return username;
  }

  #inItsRealm(request: SecurityRequest, principal: KerberosPrincipal): KerberosPrincipal {
    const folded = foldRealm(principal.realm);
    const realm = this.#realms.get(this.#ignoresRealmCase ? folded : principal.realm);
    if (realm !== undefined) return { ...principal, realm };
    const isOfOtherCase = [...this.#realms.keys()].some((known) => foldRealm(known) === folded);
    this.#report(request, isOfOtherCase ? REFUSED_PRINCIPALS.realmCase : REFUSED_PRINCIPALS.realm);
    throw new BadCredentialsError();
  }

  /**
   * The usual reason is a name in the case in which it was typed: at most once an hour, the store is asked for this.
   */
  async #reportUnknown(
    request: SecurityRequest,
    username: string,
    userstore: UserstoreInterface<U>,
  ): Promise<void> {
    const { user, userCase } = REFUSED_PRINCIPALS;
    const lower = username.toLowerCase();
    if (lower === username) {
      this.#report(request, user);
    } else if (this.#reports.isDue(userCase, this.#clock())) {
      const isKnown = isUser(await userstore.getUser(lower));
      if (isKnown) this.#tellOf(request, userCase);
      else this.#report(request, user);
    }
  }

  #report(request: SecurityRequest, fault: TicketFault, words?: string): void {
    if (this.#reports.isDue(fault, this.#clock())) this.#tellOf(request, fault, words);
  }

  #tellOf(request: SecurityRequest, fault: TicketFault, words?: string): void {
    const problem = words === undefined ? fault.cure : `${fault.cure} (${words})`;
    reportProblem(request, { component: this.#component, problem });
  }

  /** Checks asynchronously whether libkrb5 can use the key, and reports a fault. */
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

/**
 * One instance of the library: its stores and providers, and the two checkers that run for its servers.
 */
import type { IncomingMessage } from 'node:http';
import type {
  Action,
  ActionMetadata,
  AuthorizationChecker,
  CurrentUserChecker,
  RoutingControllersOptions,
} from 'routing-controllers';
import { type CompiledAction, isCompiled } from './access/compile';
import { typedAuthorized } from './access/typed-authorized';
import { PasswordChange, refuseUnchangeable } from './account/password-change';
import { isPasswordController } from './account/password-controller';
import { Audit } from './audit/audit';
import { Authenticator } from './authentication/authenticator';
import type { ChainLink } from './authentication/chain';
import { Authorizer } from './authorization/authorizer';
import { Resources, UNCONVERTIBLE } from './authorization/resources';
import { UserstoreChain } from './authentication/userstore-chain';
import { Checkers } from './host/checkers';
import type { Authentication } from './core/authentication';
import type { User } from './core/user';
import { noteHandedOut, noteSecured } from './host/build-watch';
import { injectControllers } from './host/controllers';
import { isLoopback } from './http/client-address';
import { type Execution, executionOf } from './http/raw';
import { bind, bindingOf, installDrivers, type SecurityBinding, type ServerFacts } from './host/install';
import { otherCopy } from './host/other-copy';
import { HttpSecurityRequest } from './http/security-request';
import { AccessDeniedError, ConfigurationError, SecurityError, SecurityFaultError } from './errors';
import { resolveOptions, type ResolvedOptions, type SecurityOptions } from './options';
import { Refusals } from './authentication/refusals';
import { type Components, findComponents } from './components/components';
import { resolve } from './components/resolve';
import { forgetUser } from './components/forget';
import { InUse } from './components/in-use';
import { stepInProvider } from './components/registry';
import { announceServer, compileServer } from './host/startup';
import { ignoreRejection } from './util/ignore-rejection';
import { isInstance } from './util/instance';

/** One independent set of stores, providers and options. Made by `createSecurity()`. */
export class Security<U extends User = User, R extends string = string> {
  /** routing-controllers' `@Authorized`, typed: a role that is none of R, or a policy of another user, does not compile. */
  readonly Authorized = typedAuthorized<U, R>();

  private readonly pair: {
    readonly authorizationChecker: AuthorizationChecker;
    readonly currentUserChecker: CurrentUserChecker;
  };
  private readonly binding: SecurityBinding;
  private readonly options: ResolvedOptions;
  private readonly audit: Audit;
  private readonly authenticator: Authenticator;
  private readonly refusals: Refusals;
  private readonly resources: Resources;
  private readonly passwordChange: PasswordChange;
  private readonly checkers: Checkers;
  private readonly inUse: InUse;
  private found: Components | undefined;

  /** @internal */
  constructor(options: SecurityOptions<U, R>) {
    installDrivers();
    this.options = resolveOptions(options);
    this.audit = new Audit(this.options.onEvent, this.options.logger);
    this.inUse = new InUse((problem) => {
      this.audit.problem(problem);
    });
    this.resources = new Resources(this.options.container);
    const userstore = new UserstoreChain(() => this.components().userstores);
    this.refusals = new Refusals(this.options, this.audit, () => this.providers());
    this.authenticator = new Authenticator({
      ...this.options,
      userstore,
      links: () => this.providers(),
      isLoopback,
      onProblem: (problem) => {
        this.audit.problem(problem);
      },
      onOutcome: (request, outcome) => {
        this.audit.outcome(request, outcome);
      },
    });
    this.checkers = new Checkers({
      options: this.options,
      audit: this.audit,
      authenticator: this.authenticator,
      userstore,
      authorizer: new Authorizer({
        options: this.options,
        audit: this.audit,
        userstore,
        resources: this.resources,
        components: () => this.components(),
      }),
      refusals: this.refusals,
      credentialHeaders: () => this.credentialHeaders(),
    });
    this.passwordChange = new PasswordChange({
      ...this.options,
      userstore,
      components: () => this.components(),
      audit: this.audit,
    });
    this.binding = {
      secure: (host) => this.secure(host),
      prepare: (actions, server) => this.prepare(actions, server),
      inspect: ({ actions }, facts) => ({
        compiled: compileServer(actions, facts, this.components(), this.options),
        components: this.components(),
        options: this.options,
      }),
      execution: (compiled) => this.execution(compiled),
      complete: (error, action) => {
        this.refusals.complete(error, this.requestOf(action), []);
      },
    };
    this.pair = {
      authorizationChecker: bind(
        (action: Action, roles: unknown[]) => this.authorize(action, roles),
        this.binding,
      ),
      currentUserChecker: bind((action: Action) => this.currentUser(action), this.binding),
    };
  }

  /** For routing-controllers' option of this name, in an app that is set up by hand. */
  get authorizationChecker(): AuthorizationChecker {
    noteHandedOut(this.guardsAll);
    return this.pair.authorizationChecker;
  }

  /** For routing-controllers' option of this name, in an app that is set up by hand. */
  get currentUserChecker(): CurrentUserChecker {
    noteHandedOut(this.guardsAll);
    return this.pair.currentUserChecker;
  }

  /**
   * Adds this instance's checkers to an app's options. Doing it twice changes nothing.
   * @throws ConfigurationError when the app sets a checker of its own, or of another instance
   */
  secure<T extends RoutingControllersOptions>(options: T): T {
    if ('security' in options) {
      throw new ConfigurationError('secure() takes no security options: give them to createSecurity()');
    }
    for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
      if (options[name] === undefined || bindingOf(options[name]) === this.binding) continue;
      throw new ConfigurationError(
        `${name} is what securest sets: take the app's own, or that of another instance, out of the options`,
      );
    }
    noteSecured(this.binding, options.controllers, this.guardsAll);
    const other = otherCopy();
    if (other !== undefined) this.audit.warn(`the app may be built by ${other}: ${ONE_COPY}`);
    return { ...options, ...this.pair };
  }

  /**
   * Authenticates a request outside of an action, for example a WebSocket upgrade.
   * @returns the login, or undefined for a request without credentials
   * @throws SecurityError for every other outcome
   */
  async authenticate(request: IncomingMessage): Promise<Authentication<U> | undefined> {
    return this.settle(async () => {
      const outcome = await this.authenticator.authenticate(
        request,
        this.requestOf({ request, response: undefined }),
      );
      // The stores and providers of this instance are those of U: its options ask for no others.
      if (outcome.kind === 'authenticated') return outcome.authentication as Authentication<U>;
      if (outcome.kind === 'anonymous') return undefined;
      throw outcome.error();
    });
  }

  /**
   * Makes providers drop what they remember of a user's credentials, and stores what they keep of the user. Not
   * needed for a changed password, role or `active` where the store keeps nothing: there they count at once.
   * @throws what the first `forget()` that failed threw, after all have been called
   */
  forget(username: string): void {
    const failures: unknown[] = [];
    forgetUser(this.components(), username, (name, cause) => {
      failures.push(cause);
      this.audit.error(`${name} could not forget a user`, cause);
    });
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Releases what stores and providers hold: watchers, pools, timers. None of them keeps a process alive.
   * One that another instance of the library uses too is closed with the last of them.
   * @throws what the first `close()` that failed threw, after all have been called
   */
  async close(): Promise<void> {
    await this.inUse.close();
  }

  /** True where an action without any decorator is guarded too. */
  private get guardsAll(): boolean {
    return this.options.default === 'authenticated';
  }

  private authorize(action: Action, roles: readonly unknown[]): Promise<boolean> {
    return this.settle(() => {
      const [access] = roles;
      if (roles.length === 1 && isCompiled(access)) return this.checkers.authorize(action, access);
      throw new Error(FOREIGN_SERVER);
    });
  }

  /** At once where the request has been authenticated, as it has before any parameter of an action is read. */
  private currentUser(action: Action): User | Promise<User | undefined> {
    const execution = executionOf(action);
    const known = execution?.owner === this ? this.checkers.knownAuthentication(action) : undefined;
    if (known !== undefined) return known.user;
    const user = this.settle(async () => {
      if (execution?.owner !== this) throw new Error(FOREIGN_SERVER);
      return (await this.checkers.currentAuthentication(action, execution.access))?.user;
    });
    ignoreRejection(user);
    return user;
  }

  private execution({ access }: CompiledAction): Execution {
    return {
      owner: this,
      access,
      currentAuthentication: (action) =>
        this.settle(() => this.checkers.currentAuthentication(action, access)),
      attributedAuthentication: (action) =>
        this.settle(() => this.checkers.attributedAuthentication(action, access)),
      resource: (action, store, parameter) =>
        this.settle(async () => {
          const resource = await this.resources.load(action, access, store, parameter);
          if (resource === UNCONVERTIBLE) throw new AccessDeniedError();
          return resource;
        }),
      changePassword: (action, body, minLength) =>
        this.settle(async () => {
          const login = await this.checkers.currentAuthentication(action, access);
          return this.passwordChange.change(this.requestOf(action), login, body, minLength);
        }),
      resolve: (cls) => resolve(this.options.container, cls),
    };
  }

  /** Whatever goes wrong, the host gets an error of the family: another could crash it or reach the client. */
  private async settle<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isInstance(error, SecurityError)) throw error;
      this.audit.error('A request could not be decided', error);
      throw new SecurityFaultError({ cause: error });
    }
  }

  private prepare(actions: readonly ActionMetadata[], server: ServerFacts): readonly CompiledAction[] {
    this.found = this.findComponents();
    const compiled = compileServer(actions, server, this.found, this.options);
    if (actions.some(({ target }) => isPasswordController(target))) refuseUnchangeable(this.found);
    injectControllers(actions, this.options.container);
    announceServer(compiled, this.found, this.options, this.audit);
    return compiled;
  }

  private components(): Components {
    this.found ??= this.findComponents();
    return this.found;
  }

  private findComponents(): Components {
    return findComponents({
      ...this.options,
      onUse: (instance) => {
        this.inUse.add(instance);
      },
    });
  }

  private providers(): readonly ChainLink[] {
    const { providers } = this.components();
    const first = stepInProvider();
    if (first === undefined) return providers;
    return [{ name: first.name ?? 'test', isStandIn: true, get: () => first }, ...providers];
  }

  private credentialHeaders(): string[] {
    const names: string[] = [];
    for (const provider of this.providers()) {
      const name = (provider.get().credential ?? 'authorization').toLowerCase();
      if (name !== 'tls' && !names.includes(name)) names.push(name);
    }
    return names;
  }

  private requestOf(action: Action): HttpSecurityRequest {
    return new HttpSecurityRequest(action, undefined, this.options.findClient);
  }
}

const ONE_COPY =
  'a server of another copy of routing-controllers than the one beside securest loses guards; ' +
  'make sure that only one is installed (npm ls routing-controllers)';

const FOREIGN_SERVER =
  'A check came without compiled access. Either a function of the app wraps the checker, so that securest ' +
  `cannot know its servers: hand the checker over as it is. Or ${ONE_COPY}`;

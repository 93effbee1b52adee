/** The instance of the library for apps of routing-controllers, and for the servers that use its checkers. */
import type {
  Action,
  ActionMetadata,
  AuthorizationChecker,
  CurrentUserChecker,
  RoutingControllersOptions,
} from 'routing-controllers';
import { isCompiled, isLastGuard } from '../access/compiled';
import { announcements, type OwnTable } from '../account/own-table';
import type { Access } from '../core/access';
import type { User } from '../core/user';
import type { MaybePromise } from '../core/userstore';
import { ConfigurationError } from '../errors';
import { answersFor } from '../security/answers';
import { bind, boundTo } from '../security/inspection';
import type { SecurityParts } from '../security/parts';
import { BaseSecurity } from '../security/security';
import { tryOut } from '../security/trial';
import { ignoreRejection } from '../util/ignore-rejection';
import { chained } from '../util/maybe-promise';
import type { HostAction } from './access/compile';
import { typedAuthorized } from './access/typed-authorized';
import { noteHandedOut, noteSecured } from './build-watch';
import { ownTableOf } from './controllers/own-controller';
import { injectControllers } from './inject-controllers';
import { inspectServer } from './inspect-options';
import { installDrivers, type SecurityBinding, type ServerFacts } from './install';
import { jwksRootRoutes } from './jwks-root-routes';
import { otherCopy } from './other-copy';
import type { RootRoute } from './root-routes';
import { announceServer, compileServer } from './startup';

/**
 * One independent set of stores, providers and options. Made by `createSecurity()`. It secures servers of
 * routing-controllers.
 */
export class Security<U extends User = User, R extends string = string> extends BaseSecurity<U, R> {
  /**
   * The typed `@Authorized` of routing-controllers: an unknown role, or a policy for another user type, does not
   * compile.
   */
  readonly Authorized = typedAuthorized<U, R>();

  private readonly pair: {
    readonly authorizationChecker: AuthorizationChecker;
    readonly currentUserChecker: CurrentUserChecker;
  };
  private readonly binding: SecurityBinding;

  /** @internal */
  constructor(parts: SecurityParts) {
    super(parts);
    installDrivers();
    const { options, components, states, checkers, refusals, guards, context } = parts;
    this.binding = {
      secure: (host) => this.secure(host),
      prepare: (actions, server) => this.prepare(actions, server),
      rootRoutes: (actions) => this.rootRoutes(actions),
      inspect: ({ actions }, facts) => ({
        compiled: compileServer(actions, facts, components, options, guards.all),
        guards: guards.all,
        components,
        options,
        tryOut: (action, found, as) => tryOut(parts, action, found, as),
        guardOf: (access) => this.guardOf(access),
      }),
      inspectOptions: (host) => inspectServer(host),
      start: components.lastStart,
      arrive: (action, access) => {
        states.arrived(action, access);
      },
      takeGrant: (action, access) => states.takeGrant(action, access),
      authorize: (action, access) => this.checkAuthorization(action, [access]),
      refuseEarly: options.early
        ? (action, access) => this.settled(() => checkers.refuseEarly(action, access))
        : undefined,
      login: (action, access) => this.settled(() => checkers.login(action, access)),
      answers: (access) => answersFor(parts, this.settled, access, () => access.route),
      within: context.isOn ? (action, work) => context.run(states.of(action), work) : undefined,
      complete: (error, action) => {
        refusals.answer(error, states.of(action));
      },
      listen: (listener) => parts.recorder.listen(listener),
      // Code that finds the instance by the options does not know the narrower types of user and role.
      security: this as unknown as Security,
    };
    this.pair = {
      authorizationChecker: bind(
        (action: Action, roles: unknown[]) => this.checkAuthorization(action, roles),
        this.binding,
      ),
      currentUserChecker: bind((action: Action) => this.userOf(action), this.binding),
    };
  }

  /** The value for the option of this name of routing-controllers, in an app that is set up by hand. */
  get authorizationChecker(): AuthorizationChecker {
    this.hasController = true;
    noteHandedOut(this.guardsAll);
    return this.pair.authorizationChecker;
  }

  /** The value for the option of this name of routing-controllers, in an app that is set up by hand. */
  get currentUserChecker(): CurrentUserChecker {
    this.hasController = true;
    noteHandedOut(this.guardsAll);
    return this.pair.currentUserChecker;
  }

  /**
   * Adds this instance's checkers to an app's options. A repeated call changes nothing.
   * @throws ConfigurationError if the app sets a checker of its own, or of another instance
   */
  secure<T extends RoutingControllersOptions>(options: T): T {
    if ('security' in options) {
      throw new ConfigurationError('secure() takes no security options: give them to createSecurity()');
    }
    for (const name of ['authorizationChecker', 'currentUserChecker'] as const) {
      if (options[name] === undefined || boundTo(options[name]) === this.binding) continue;
      throw new ConfigurationError(
        `${name} is what securest sets: take the app's own, or that of another instance, out of the options`,
      );
    }
    this.hasController = true;
    noteSecured(this.binding, options.controllers, this.guardsAll);
    const other = otherCopy();
    if (other !== undefined) this.parts.audit.warn(`the app may be built by ${other}: ${ONE_COPY}`);
    return { ...options, ...this.pair };
  }

  /** True if an action without any decorator is guarded too. */
  private get guardsAll(): boolean {
    return this.parts.options.default === 'authenticated';
  }

  /**
   * Returns a promise unless access is granted: routing-controllers treats a synchronous exception or false
   * differently.
   */
  private checkAuthorization(action: Action, roles: readonly unknown[]): MaybePromise<boolean> {
    const [access] = roles;
    const result = this.settled(() => {
      if (roles.length === 1 && isCompiled(access)) return this.parts.checkers.authorize(action, access);
      throw new Error(FOREIGN_SERVER);
    });
    const isAtOnce = result === true && isLastGuard(access as Access);
    return isAtOnce ? result : Promise.resolve(result);
  }

  /** Synchronous if the request has been authenticated, as it is before any parameter of an action is read. */
  private userOf(action: Action): MaybePromise<User | undefined> {
    const user = this.settled(() => {
      const access = this.parts.states.find(action)?.access;
      if (access === undefined) throw new Error(FOREIGN_SERVER);
      return chained(this.parts.checkers.login(action, access), (login) => login?.authentication.user);
    });
    ignoreRejection(user);
    return user;
  }

  private prepare(actions: readonly ActionMetadata[], server: ServerFacts): readonly HostAction[] {
    const { audit, components, guards, options } = this.parts;
    components.find();
    const compiled = compileServer(actions, server, components, options, guards.all);
    injectControllers(actions, options.container);
    if (!server.isStubbed) {
      const tables = tablesOf(actions);
      for (const { needs } of tables) needs.refuseUnmet?.(components);
      this.ownRoutes.refuseUnmet();
      const routes = compiled.flatMap(({ action: { target }, access: { route } }) => {
        const table = ownTableOf(target);
        return table === undefined ? [] : [{ table, route }];
      });
      for (const line of announcements(routes, false)) audit.info(line);
      if (server.notice !== undefined) audit.info(server.notice);
      components.start();
      this.ownRoutes.start();
      for (const { needs } of tables) {
        needs.onStart?.(components);
        const warning = needs.warningOf?.(components);
        if (warning !== undefined) audit.warn(warning);
      }
    }
    announceServer(compiled, components, options, audit, guards.all);
    if (!server.isStubbed) this.isStarted = true;
    return compiled;
  }

  private rootRoutes(actions: readonly ActionMetadata[]): readonly RootRoute[] {
    const { audit, components, options } = this.parts;
    const routes = jwksRootRoutes(actions, {
      resolve: (cls) => components.resolve(cls),
      onFailure: (error) => {
        audit.error('The keys of jwksController() could not be served', error);
      },
    });
    if (options.resource !== undefined) {
      const json = JSON.stringify(this.resourceMetadata());
      routes.push({ path: options.resource.metadataPath, maxAgeSeconds: 3600, json: () => json });
    }
    const twice = routes.find(({ path }, index) => routes.findIndex((other) => other.path === path) < index);
    if (twice === undefined) return routes;
    throw new ConfigurationError(`jwksController(): ${twice.path} is served already: give it another path`);
  }
}

/** The tables of the library's own controllers among a server's actions. */
function tablesOf(actions: readonly ActionMetadata[]): readonly OwnTable[] {
  const tables = actions.map(({ target }) => ownTableOf(target)).filter((table) => table !== undefined);
  return [...new Set(tables)];
}

const ONE_COPY =
  'a server of another copy of routing-controllers than the one beside securest loses guards; ' +
  'make sure that only one is installed (npm ls routing-controllers)';

const FOREIGN_SERVER =
  'A check came without compiled access. Either a function of the app wraps the checker, so that securest ' +
  `cannot know its servers: hand the checker over as it is. Or ${ONE_COPY}`;

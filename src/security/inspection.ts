/**
 * The facts about an app that tools get from its secured options, without starting it. The options contain checkers
 * that are bound to an instance, and the framework part of this instance answers.
 */
import type http from 'node:http';
import type { CompiledAction } from '../access/compiled';
import type { Components } from '../components/components';
import type { Access } from '../core/access';
import type { Action } from '../core/exchange';
import { ConfigurationError } from '../errors';
import type { Middleware } from '../guards/middleware';
import type { ResolvedOptions } from '../options';
import { type BaseSecurity, inspectGuards, isSecurity } from './security';
import type { StatedIdentity, Trial } from './trial';

/** The checkers of a server, or of its options. */
export interface CheckerPair {
  /** The value of routing-controllers' option of this name. */
  readonly authorizationChecker?: unknown;
  /** The value of routing-controllers' option of this name. */
  readonly currentUserChecker?: unknown;
}

/** The options of an app: the result of `securest()` or `secure()`, or options with the bare pair of checkers. */
export type SecuredOptions = CheckerPair | Readonly<Record<string, unknown>>;

/**
 * An app for tools: its secured options, or an instance of `createSecurity()`, which stands for an app that has only
 * the guards of the instance.
 */
export type SecuredApp = SecuredOptions | BaseSecurity;

/** A server's actions as securest sees them, and the components that decide about them. */
export interface Inspection {
  readonly compiled: readonly CompiledAction[];
  /** The guards outside of actions. */
  readonly guards: readonly Access[];
  readonly components: Components;
  readonly options: ResolvedOptions;
  /** Decides about a request to one of the actions, with a stated login. */
  readonly tryOut: (action: Action, found: CompiledAction, as: StatedIdentity) => Promise<Trial>;
  /** One of the guards, as a middleware in front of the following ones. */
  readonly guardOf: (access: Access) => Middleware;
}

/** A request for which the route is searched. */
export interface Wanted {
  readonly method: string;
  /** As in a request line. */
  readonly path: string;
  /** Undefined for Koa if it is installed, else Express. */
  readonly driver: 'koa' | 'express' | undefined;
}

export interface InspectedOptions extends Inspection {
  /** The names of the global middlewares that run before every action. */
  readonly middlewares: readonly string[];
  readonly routePrefix: string;
  /** False if only `currentUserChecker` is set, so that no guard would be asked. */
  readonly isGuarded: boolean;
  /**
   * The actions whose routes match, in the order in which the router asks them: the first action answers, and hides the
   * others.
   * @param atFirst called at the first action, with the request as the framework has it; its rejection is passed on
   * @throws ConfigurationError if the framework is not installed
   */
  readonly findRoutes: (
    wanted: Wanted,
    atFirst: (action: Action, found: CompiledAction) => Promise<void>,
  ) => Promise<readonly CompiledAction[]>;
  /** Builds a server of the app whose actions do not run: they answer 204 and their name. */
  readonly stubbed: (driver: 'koa' | 'express') => http.RequestListener;
}

/** The instance that a checker is bound to. */
export interface Binding {
  /** The instance itself. */
  readonly security: BaseSecurity;
  /** @throws ConfigurationError if a server would not start */
  inspectOptions(options: object): InspectedOptions;
}

/** Marks the checkers of this copy of the library. */
const BINDING = Symbol('securest.binding');

/** Binds a checker to an instance. */
export function bind<T extends object>(checker: T, binding: Binding): T {
  return Object.defineProperty(checker, BINDING, { value: binding });
}

/** The binding of a checker; undefined for a checker of the app. */
export function boundTo(checker: unknown): Binding | undefined {
  return (checker as { [BINDING]?: Binding } | undefined)?.[BINDING];
}

/**
 * The binding of a server's checkers; undefined for a plain server.
 * @throws ConfigurationError if one checker belongs to an instance and the other does not: the user who passes the
 * guard and the user that the action receives could then differ
 */
export function pairBoundTo({ authorizationChecker, currentUserChecker }: CheckerPair): Binding | undefined {
  const [authorizing, loading] = [boundTo(authorizationChecker), boundTo(currentUserChecker)];
  const isPair =
    authorizationChecker === undefined || currentUserChecker === undefined || authorizing === loading;
  if (isPair) return authorizing ?? loading;
  throw new ConfigurationError(
    'authorizationChecker and currentUserChecker must be the pair of one instance of securest: a checker of the app ' +
      'or of another instance is set beside one of them',
  );
}

/** @throws ConfigurationError for options that are not secured */
export function securedBy(options: unknown): Binding {
  const binding = typeof options === 'object' && options !== null ? pairBoundTo(options) : undefined;
  if (binding !== undefined) return binding;
  throw new ConfigurationError(
    'The options are not secured: pass the options that securest() or secure() returns',
  );
}

/**
 * Compiles the access of an app without starting a server.
 * @throws ConfigurationError for options without securest's own pair of checkers, and if a server would not start
 */
export function inspectOptions(app: SecuredApp): InspectedOptions {
  return isSecurity(app) ? inspectGuards(app) : securedBy(app).inspectOptions(app);
}

/**
 * What can be asked of an app by its secured options, without starting it. The host that its server is of answers: it has
 * bound the checkers in the options to an instance.
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
  /** As routing-controllers' option of this name. */
  readonly authorizationChecker?: unknown;
  /** As routing-controllers' option of this name. */
  readonly currentUserChecker?: unknown;
}

/** The options of an app as `securest()` or `secure()` returned them, or with the bare pair of checkers in them. */
export type SecuredOptions = CheckerPair | Readonly<Record<string, unknown>>;

/**
 * An app as tools take it: its secured options, or an instance of `createSecurity()`, which is the app of its guards and
 * of nothing else.
 */
export type SecuredApp = SecuredOptions | BaseSecurity;

/** A server's actions as securest sees them, and whom it asks about them. */
export interface Inspection {
  readonly compiled: readonly CompiledAction[];
  /** What guards what is no action. */
  readonly guards: readonly Access[];
  readonly components: Components;
  readonly options: ResolvedOptions;
  /** Decides about a request to one of the actions, with a stated login. */
  readonly tryOut: (action: Action, found: CompiledAction, as: StatedIdentity) => Promise<Trial>;
  /** One of the guards, as a middleware in front of whatever follows. */
  readonly guardOf: (access: Access) => Middleware;
}

/** A request whose route is asked for. */
export interface Wanted {
  readonly method: string;
  /** As it stands in a request line. */
  readonly path: string;
  /** Undefined for Koa where it is installed, else Express. */
  readonly driver: 'koa' | 'express' | undefined;
}

export interface InspectedOptions extends Inspection {
  /** The names of the global middlewares that run before every action. */
  readonly middlewares: readonly string[];
  readonly routePrefix: string;
  /** False where only `currentUserChecker` is set, so that no guard would be asked. */
  readonly isGuarded: boolean;
  /**
   * The actions whose routes match, in the order in which the router asks them: the first one answers, and hides the others.
   * @param atFirst is called at the first one, with the request as the host has it; what it rejects with rejects
   * @throws ConfigurationError where the framework is not installed
   */
  readonly findRoutes: (
    wanted: Wanted,
    atFirst: (action: Action, found: CompiledAction) => Promise<void>,
  ) => Promise<readonly CompiledAction[]>;
  /** Builds a server of the app whose actions do not run: they answer 204 and their name. */
  readonly stubbed: (driver: 'koa' | 'express') => http.RequestListener;
}

/** What a checker is bound to. */
export interface Binding {
  /** The instance itself. */
  readonly security: BaseSecurity;
  /** @throws ConfigurationError where a server would not start */
  inspectOptions(options: object): InspectedOptions;
}

/** Marks the checkers of this copy of the library. */
const BINDING = Symbol('securest.binding');

/** Marks a checker as an instance's. */
export function bind<T extends object>(checker: T, binding: Binding): T {
  return Object.defineProperty(checker, BINDING, { value: binding });
}

/** What a checker is bound to; undefined for the app's own. */
export function boundTo(checker: unknown): Binding | undefined {
  return (checker as { [BINDING]?: Binding } | undefined)?.[BINDING];
}

/**
 * What a server's checkers are bound to; undefined for a plain one.
 * @throws ConfigurationError when one checker is an instance's and the other is not, so that the user who is let in
 * and the user whom the action gets could differ
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
 * @throws ConfigurationError for options without securest's own pair of checkers, and where a server would not start
 */
export function inspectOptions(app: SecuredApp): InspectedOptions {
  return isSecurity(app) ? inspectGuards(app) : securedBy(app).inspectOptions(app);
}

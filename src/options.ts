/** The options that an app may set under `security`, checked at start. */
import type { DefaultAccess } from './access/guards';
import { type GrantOptions, Grants } from './authorization/grants';
import type { AuthProviderInterface } from './core/auth-provider';
import type { AuthorizationProviderInterface } from './core/authorization-provider';
import type { SecurityEventListener } from './core/events';
import type { Logger } from './core/logger';
import type { SecurityRequest } from './core/request';
import type { RoleLoaderInterface } from './core/role-loader';
import type { User } from './core/user';
import type { MaybePromise, UserstoreInterface } from './core/userstore';
import { type ClientFinder, clientFinder, type TrustProxy } from './http/client-address';
import type { ClientCertificateSource } from './http/client-certificate';
import { LOGIN_PAGE } from './http/page-options';
import { resource, type ResourceOptions, type ResourceSettings } from './http/resource-options';
import type { SecurityError } from './errors';
import type { Constructor, ContainerLike } from './components/constructor';
import { defaultContainer } from './components/typedi';
import type { Clock } from './util/clock';
import {
  callable,
  flag,
  isFunction,
  kind,
  listOf,
  oneOf,
  optional,
  unchecked,
  wholeNumber,
  withMethods,
} from './util/option-kinds';
import { isPlainObject, type Kind, parseOptions } from './util/parse-options';

/** The changes that an `onUnauthorized` hook may make to an error response. The action never runs. */
export interface RefusalReply {
  /** A status from 300 to 599; any other is ignored. */
  readonly status?: number;
  /** Several values become several header lines. Headers of the connection and of the body's length are not sent. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent in place of `{ name, code, message }`. */
  readonly body?: unknown;
}

/** The options of `createSecurity()`, which are also the option `security` of `securest()`. */
export interface SecurityOptions<U extends User = User, R extends string = string> {
  /**
   * Resolves classes: any object with `get(cls)`. @default TypeDI's global container; without TypeDI a container of
   * securest's own, which creates classes without constructor parameters
   */
  container?: ContainerLike;
  /** The userstores of this instance, in order. @default all classes with `@Userstore()` */
  userstores?: readonly Constructor<UserstoreInterface<U>>[];
  /** The providers of this instance, in order. @default all classes with `@AuthProvider()` */
  providers?: readonly Constructor<AuthProviderInterface<U>>[];
  /** The authorization providers of this instance, in order. @default all with `@AuthorizationProvider()` */
  authorizationProviders?: readonly Constructor<AuthorizationProviderInterface<U>>[];
  /** The role loaders of this instance. @default all classes with `@RoleLoader()` */
  roleLoaders?: readonly Constructor<RoleLoaderInterface<U>>[];
  /** All roles of the app: guards, hierarchy and permissions that name any other role are refused at start. */
  roles?: readonly R[];
  /** The roles that a role implies: `{ admin: ['editor'], editor: ['reader'] }`. A cycle is refused. @default {} */
  roleHierarchy?: Readonly<Partial<Record<NoInfer<R>, readonly NoInfer<R>[]>>>;
  /** The permissions that a role grants: `{ editor: ['invoice:read'] }`. @default {} */
  permissions?: Readonly<Partial<Record<NoInfer<R>, readonly string[]>>>;
  /** Access to an action that has neither a guard nor `@Public()`. @default 'public', as in routing-controllers */
  default?: DefaultAccess;
  /**
   * Decides whether a user may log in, from the record of the store or of the provider. For records that keep this in a
   * field other than `active`, for example `(user) => user.deletedAt === null`. Only a literal true lets a user in; an
   * exception is a fault. `active: false` is refused in any case. @default only `active` decides
   */
  isActive?: (user: U) => boolean;
  /**
   * The app's own login page. A browser that opens a guarded page without a login is sent there, with the path of the
   * page as `returnTo`; so is a browser whose session does not meet `recentLogin()`, with the requirement. Scripts
   * always get the status. @default none: pages are refused like all other requests
   */
  loginPage?: string;
  /** The realm of challenges: printable ASCII. @default 'api' */
  realm?: string;
  /**
   * Time limit, in milliseconds, for each provider, for all guards of an action together, and for the `onUnauthorized`
   * hook: 1 to 600,000. @default 5000
   */
  deadlineMs?: number;
  /** 'stop' ends the chain at the first wrong credentials instead of asking the next provider. @default 'next' */
  onBadCredentials?: 'next' | 'stop';
  /** The number of proxies in front of the app, or their networks as CIDR. @default no proxy is trusted */
  trustProxy?: TrustProxy;
  /**
   * The source of a client's certificate: the TLS connection itself, or a proxy that ends TLS and states the
   * certificate in the header `Client-Cert` (RFC 9440). The proxy must drop any such header that a client sends.
   * 'proxy' needs `trustProxy`. @default 'socket'
   */
  clientCertificateFrom?: ClientCertificateSource;
  /**
   * The app as a protected resource: its metadata is served at `/.well-known/oauth-protected-resource` plus the path of
   * the URL, so that clients find the issuers of the tokens that the app accepts. @default none
   */
  resource?: ResourceOptions;
  /** Origins whose pages may send ambient credentials here, for example `https://app.example`. @default [] */
  trustedOrigins?: readonly string[];
  /** True refuses Basic, and passwords of logins and changes, over plain HTTP, except from this machine itself. @default false */
  requireHttps?: boolean;
  /**
   * False sends no Basic challenge if it would open a login window over the app's page: to requests with
   * `X-Requested-With: XMLHttpRequest`, or with a `Sec-Fetch-Dest` other than document, iframe and frame. @default true
   */
  basicChallengeForScripts?: boolean;
  /** Receives every decision. It runs within the request: be quick. */
  onEvent?: SecurityEventListener;
  /** Receives start-up lines, warnings and faults; pino fits. @default console */
  logger?: Logger;
  /** Only a literal true skips the guards of a request; an exception does not. The `allowed` event shows the skip. */
  skip?: (request: SecurityRequest) => boolean;
  /** Changes the error response. No return value and no exception of the hook lets a request through. */
  onUnauthorized?: (request: SecurityRequest, error: SecurityError) => MaybePromise<RefusalReply | undefined>;
  /**
   * True refuses before routing-controllers reads a body or runs `@UseBefore`, if the decision needs no code of the
   * app. The guard checks the remaining requests again. @default false
   */
  early?: boolean;
  /**
   * True lets services read the login of the current request by `currentLogin()` and `currentUser()`, through an
   * AsyncLocalStorage. @default false
   */
  context?: boolean;
  /**
   * 'log' writes a line for each refusal with the rule or provider that refused and the reason, without secrets.
   * 'reply' also names the line in the header `X-Securest-Explain-Id` of the reply, for clients on this machine alone;
   * it is refused at start if NODE_ENV is production. @default 'off'
   */
  explain?: 'off' | 'log' | 'reply';
  /** For tests. @default Date.now */
  clock?: Clock;
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly container: ContainerLike;
  readonly userstores: readonly Constructor<UserstoreInterface>[] | undefined;
  readonly providers: readonly Constructor<AuthProviderInterface>[] | undefined;
  readonly authorizationProviders: readonly Constructor<AuthorizationProviderInterface>[] | undefined;
  readonly roleLoaders: readonly Constructor<RoleLoaderInterface>[] | undefined;
  readonly grants: Grants;
  readonly default: DefaultAccess;
  readonly isActive: ((user: User) => boolean) | undefined;
  readonly loginPage: string | undefined;
  readonly realm: string;
  readonly deadlineMs: number;
  readonly stopAtBadCredentials: boolean;
  readonly findClient: ClientFinder;
  readonly resource: ResourceSettings | undefined;
  readonly trustedOrigins: ReadonlySet<string>;
  readonly requireHttps: boolean;
  readonly basicChallengeForScripts: boolean;
  readonly onEvent: SecurityEventListener | undefined;
  readonly logger: Logger;
  readonly skip: ((request: SecurityRequest) => boolean) | undefined;
  readonly onUnauthorized: SecurityOptions['onUnauthorized'];
  readonly early: boolean;
  readonly context: boolean;
  readonly explain: 'off' | 'log' | 'reply';
  readonly clock: Clock;
}

const classes = <T>(): Kind<readonly T[] | undefined> =>
  optional(listOf('classes', isFunction) as unknown as Kind<readonly T[]>);
const isString = (value: unknown): value is string => typeof value === 'string';
const isOrigin = (value: unknown): value is string =>
  isString(value) && URL.canParse(value) && new URL(value).origin === value && !value.includes('*');
const table = kind<GrantOptions['permissions']>(
  'must be an object with a list of names for each role',
  // A Map is not accepted, since its entries would be overlooked.
  isPlainObject,
);

const explanations: Kind<'off' | 'log' | 'reply'> = (value, name, report) => {
  if (value === 'reply' && process.env['NODE_ENV'] === 'production') {
    report(`${name}: 'reply' must not be set where NODE_ENV is production: take 'log'`);
  }
  return oneOf('off', 'log', 'reply')(value, name, report);
};

const OPTIONS = {
  container: optional(withMethods<ContainerLike>('get')),
  userstores: classes<Constructor<UserstoreInterface>>(),
  providers: classes<Constructor<AuthProviderInterface>>(),
  authorizationProviders: classes<Constructor<AuthorizationProviderInterface>>(),
  roleLoaders: classes<Constructor<RoleLoaderInterface>>(),
  roles: optional(listOf('names', isString)),
  roleHierarchy: optional(table),
  permissions: optional(table),
  default: optional(oneOf('public', 'authenticated'), 'public'),
  isActive: optional(callable<(user: User) => boolean>()),
  loginPage: optional(LOGIN_PAGE),
  realm: optional(
    kind<string>('must be printable ASCII', (value) => isString(value) && /^[\x20-\x7e]+$/.test(value)),
    'api',
  ),
  deadlineMs: optional(wholeNumber({ min: 1, max: 600_000 }), 5000),
  onBadCredentials: optional(oneOf('next', 'stop'), 'next'),
  trustProxy: unchecked<TrustProxy | undefined>(),
  clientCertificateFrom: optional(oneOf('socket', 'proxy'), 'socket'),
  resource: optional(resource),
  trustedOrigins: optional(listOf('origins such as https://app.example', isOrigin), []),
  requireHttps: optional(flag, false),
  basicChallengeForScripts: optional(flag, true),
  onEvent: optional(callable<SecurityEventListener>()),
  logger: optional(withMethods<Logger>('info', 'warn', 'error')),
  skip: optional(callable<NonNullable<ResolvedOptions['skip']>>()),
  onUnauthorized: optional(callable<NonNullable<ResolvedOptions['onUnauthorized']>>()),
  early: optional(flag, false),
  context: optional(flag, false),
  explain: optional(explanations, 'off'),
  clock: optional(callable<Clock>()),
} satisfies Record<keyof SecurityOptions, Kind<unknown>>;

/** @throws ConfigurationError that names every unknown option and every option with an invalid value. */
export function resolveOptions<U extends User, R extends string>(
  options: SecurityOptions<U, R>,
): ResolvedOptions {
  const {
    roles,
    roleHierarchy,
    permissions,
    onBadCredentials,
    trustProxy,
    clientCertificateFrom,
    trustedOrigins,
    ...resolved
  } = parseOptions('security', options, OPTIONS);
  return {
    ...resolved,
    container: resolved.container ?? defaultContainer(),
    // Read here and not when this file is loaded, because tests replace both.
    logger: resolved.logger ?? console,
    clock: resolved.clock ?? Date.now,
    grants: new Grants({ roles, roleHierarchy, permissions }),
    stopAtBadCredentials: onBadCredentials === 'stop',
    findClient: clientFinder(trustProxy, clientCertificateFrom),
    trustedOrigins: new Set(trustedOrigins),
  };
}

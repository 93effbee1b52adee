/**
 * What an app may set under `security`, checked at start.
 */
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

/** What an `onUnauthorized` hook may change about a refusal. The action runs in no case. */
export interface RefusalReply {
  /** A status from 300 to 599; any other is ignored. */
  readonly status?: number;
  /** Several values become several header lines. Those of the connection and of the length of the body are not sent. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent in place of `{ name, code, message }`. */
  readonly body?: unknown;
}

/** The options of `createSecurity()`, which are also the option `security` of `securest()`. */
export interface SecurityOptions<U extends User = User, R extends string = string> {
  /**
   * Where classes are resolved: anything with `get(cls)`. @default TypeDI's global container; without TypeDI one of
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
  /** All roles of the app: guards, hierarchy and permissions that name another are refused at start. */
  roles?: readonly R[];
  /** Which roles a role implies: `{ admin: ['editor'], editor: ['reader'] }`. A cycle is refused. @default {} */
  roleHierarchy?: Readonly<Partial<Record<NoInfer<R>, readonly NoInfer<R>[]>>>;
  /** Which permissions a role grants: `{ editor: ['invoice:read'] }`. @default {} */
  permissions?: Readonly<Partial<Record<NoInfer<R>, readonly string[]>>>;
  /** Who may call an action without any guard or `@Public()`. @default 'public', as the host has it */
  default?: DefaultAccess;
  /**
   * Whether a user may log in, from the record as the store gave it, or as a provider brings it along: for records that
   * say so in another field than `active`, for example `(user) => user.deletedAt === null`. Only a literal true lets a
   * user in; a throw is a fault. `active: false` refuses all the same. @default by `active` alone
   */
  isActive?: (user: U) => boolean;
  /**
   * A page of this app where people log in. Browsers that open a guarded page without a login are sent there, with the
   * page's own path as `returnTo`; so are those whose session does not meet `recentLogin()`, with what is asked for.
   * Scripts get the status in any case. @default none: pages are refused as all else
   */
  loginPage?: string;
  /** The realm of challenges: printable ASCII. @default 'api' */
  realm?: string;
  /** How long one provider, policy or hook may take, in milliseconds, 1 to 600,000. @default 5000 */
  deadlineMs?: number;
  /** 'stop' ends the chain at the first wrong credentials, in place of asking the next. @default 'next' */
  onBadCredentials?: 'next' | 'stop';
  /** The number of proxies in front of the app, or their networks as CIDR. @default none is trusted */
  trustProxy?: TrustProxy;
  /**
   * Who tells the certificate of a client: the TLS connection itself, or a proxy that ends TLS and states it in the header
   * `Client-Cert` (RFC 9440); that one must drop the header that clients send. 'proxy' needs `trustProxy`. @default 'socket'
   */
  clientCertificateFrom?: ClientCertificateSource;
  /**
   * The app as a protected resource: its metadata is served at `/.well-known/oauth-protected-resource` and the path of the
   * URL, so that clients find the issuers of the tokens that it takes. @default none
   */
  resource?: ResourceOptions;
  /** Origins whose pages may send ambient credentials here, for example `https://app.example`. @default [] */
  trustedOrigins?: readonly string[];
  /** True refuses Basic over plain HTTP except from this machine itself. @default false */
  requireHttps?: boolean;
  /**
   * False sends no Basic challenge where it would open a window over the app's page: to `X-Requested-With: XMLHttpRequest`,
   * and where `Sec-Fetch-Dest` is neither document, iframe nor frame. @default true
   */
  basicChallengeForScripts?: boolean;
  /** Hears every decision. It runs within the request: be quick. */
  onEvent?: SecurityEventListener;
  /** Start-up lines, warnings and faults; pino fits. @default console */
  logger?: Logger;
  /** Only a literal true skips the guards of a request; a throw does not. Shown in the `allowed` event. */
  skip?: (request: SecurityRequest) => boolean;
  /** Shapes the reply of a refusal. What it returns or throws never lets a request through. */
  onUnauthorized?: (request: SecurityRequest, error: SecurityError) => MaybePromise<RefusalReply | undefined>;
  /**
   * True refuses before the host reads a body or runs `@UseBefore`, where that is decided without the app's own code; what
   * comes through is asked again by the guard. @default false
   */
  early?: boolean;
  /**
   * True lets services read the login of the request at hand by `currentLogin()` and `currentUser()`, through an
   * AsyncLocalStorage. @default false
   */
  context?: boolean;
  /**
   * 'log' writes a line for each refusal that says which rule or provider refused, and why, without secrets. 'reply' also
   * names the line in the header `X-Securest-Explain-Id` of the reply, to clients on this machine alone; it is refused at
   * start where NODE_ENV is production. @default 'off'
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
  // Not a Map, whose entries would be overlooked.
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

/** @throws ConfigurationError that names every option that is unknown or has no valid value. */
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
    // Not when this file is loaded: tests replace both.
    logger: resolved.logger ?? console,
    clock: resolved.clock ?? Date.now,
    grants: new Grants({ roles, roleHierarchy, permissions }),
    stopAtBadCredentials: onBadCredentials === 'stop',
    findClient: clientFinder(trustProxy, clientCertificateFrom),
    trustedOrigins: new Set(trustedOrigins),
  };
}

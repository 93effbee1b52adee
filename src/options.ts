/**
 * What an app may set under `security`, checked at start.
 */
import {
  Allow,
  IsArray,
  IsBoolean,
  IsIn,
  IsInstance,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  validateSync,
} from 'class-validator';
import { Container } from 'typedi';
import type { DefaultAccess } from './access/guards';
import { Grants } from './authorization/grants';
import type { AuthProviderInterface } from './core/auth-provider';
import type { AuthorizationProviderInterface } from './core/authorization-provider';
import type { SecurityEventListener } from './core/events';
import type { Logger } from './core/logger';
import type { SecurityRequest } from './core/request';
import type { RoleLoaderInterface } from './core/role-loader';
import type { User } from './core/user';
import type { MaybePromise, UserstoreInterface } from './core/userstore';
import { type ClientFinder, clientFinder, type TrustProxy } from './http/client-address';
import { ConfigurationError, type SecurityError } from './errors';
import type { Constructor, ContainerLike } from './components/constructor';
import type { Clock } from './util/clock';

/** What an `onUnauthorized` hook may change about a refusal. The action runs in no case. */
export interface RefusalReply {
  /** A status from 300 to 599; any other is ignored. */
  readonly status?: number;
  /** Several values become several header lines. Those of the connection and of the length of the body are not sent. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent in place of `{ name, code, message }`. */
  readonly body?: unknown;
}

export interface SecurityOptions<U extends User = User, R extends string = string> {
  /** Where classes are resolved: anything with `get(cls)`. @default TypeDI's global container */
  container?: ContainerLike;
  /** The userstores of this instance, in order. @default all classes with `@Userstore()` */
  userstores?: readonly Constructor<UserstoreInterface<U>>[];
  /** The providers of this instance, in order. @default all classes with `@AuthProvider()` */
  providers?: readonly Constructor<AuthProviderInterface<U>>[];
  /** The authorization providers of this instance, in order. @default all with `@AuthorizationProvider()` */
  authorizationProviders?: readonly Constructor<AuthorizationProviderInterface<U>>[];
  /** The role loaders of this instance. @default all classes with `@RoleLoader()` */
  roleLoaders?: readonly Constructor<RoleLoaderInterface<U>>[];
  /** Every role that there is: guards, hierarchy and permissions that name another are refused at start. */
  roles?: readonly R[];
  /** Which roles a role implies: `{ admin: ['editor'], editor: ['reader'] }`. A cycle is refused. @default {} */
  roleHierarchy?: Readonly<Partial<Record<NoInfer<R>, readonly NoInfer<R>[]>>>;
  /** Which permissions a role grants: `{ editor: ['invoice:read'] }`. @default {} */
  permissions?: Readonly<Partial<Record<NoInfer<R>, readonly string[]>>>;
  /** Who may call an action without any guard or `@Public()`. @default 'public', as the host has it */
  default?: DefaultAccess;
  /** The realm of challenges: printable ASCII. @default 'api' */
  realm?: string;
  /** How long one provider, policy or hook may take, in milliseconds, 1 to 600,000. @default 5000 */
  deadlineMs?: number;
  /** 'stop' ends the chain at the first wrong credentials, in place of asking the next. @default 'next' */
  onBadCredentials?: 'next' | 'stop';
  /** The number of proxies in front of the app, or their networks as CIDR. @default none is trusted */
  trustProxy?: TrustProxy;
  /** Origins whose pages may send ambient credentials here, for example `https://app.example`. @default [] */
  trustedOrigins?: readonly string[];
  /** True refuses Basic over plain HTTP except from this machine itself. @default false */
  requireHttps?: boolean;
  /** False sends no Basic challenge to `X-Requested-With: XMLHttpRequest`. @default true */
  basicChallengeForScripts?: boolean;
  /** Hears every decision. It runs within the request: be quick. */
  onEvent?: SecurityEventListener;
  /** Start-up lines, warnings and faults; pino fits. @default console */
  logger?: Logger;
  /** Only a literal true skips the guards of a request; a throw does not. Shown in the `allowed` event. */
  skip?: (request: SecurityRequest) => boolean;
  /** Shapes the reply of a refusal. What it returns or throws never lets a request through. */
  onUnauthorized?: (request: SecurityRequest, error: SecurityError) => MaybePromise<RefusalReply | undefined>;
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
  readonly realm: string;
  readonly deadlineMs: number;
  readonly stopAtBadCredentials: boolean;
  readonly findClient: ClientFinder;
  readonly trustedOrigins: ReadonlySet<string>;
  readonly requireHttps: boolean;
  readonly basicChallengeForScripts: boolean;
  readonly onEvent: SecurityEventListener | undefined;
  readonly logger: Logger;
  readonly skip: ((request: SecurityRequest) => boolean) | undefined;
  readonly onUnauthorized: SecurityOptions['onUnauthorized'];
  readonly clock: Clock;
}

/** Absent is absent; null is a mistake, not a default. */
function Optional(): PropertyDecorator {
  return ValidateIf((_options: unknown, value: unknown) => value !== undefined);
}

/** The shape of the options, for class-validator: what is not listed here is refused, misspelt names too. */
class OptionsShape {
  @Optional() @IsObject() container?: unknown;
  @Optional() @IsArray() @IsInstance(Function, { each: true }) userstores?: unknown;
  @Optional() @IsArray() @IsInstance(Function, { each: true }) providers?: unknown;
  @Optional() @IsArray() @IsInstance(Function, { each: true }) authorizationProviders?: unknown;
  @Optional() @IsArray() @IsInstance(Function, { each: true }) roleLoaders?: unknown;
  @Optional() @IsArray() @IsString({ each: true }) roles?: unknown;
  @Optional() @IsObject() roleHierarchy?: unknown;
  @Optional() @IsObject() permissions?: unknown;
  @Optional() @IsIn(['public', 'authenticated']) default?: unknown;
  @Optional() @Matches(/^[\x20-\x7e]+$/, { message: 'realm must be printable ASCII' }) realm?: unknown;
  @Optional() @IsInt() @Min(1) @Max(600_000) deadlineMs?: unknown;
  @Optional() @IsIn(['next', 'stop']) onBadCredentials?: unknown;
  @Allow() trustProxy?: unknown;
  @Optional() @IsArray() @IsString({ each: true }) trustedOrigins?: unknown;
  @Optional() @IsBoolean() requireHttps?: unknown;
  @Optional() @IsBoolean() basicChallengeForScripts?: unknown;
  @Optional() @IsInstance(Function) onEvent?: unknown;
  @Optional() @IsObject() logger?: unknown;
  @Optional() @IsInstance(Function) skip?: unknown;
  @Optional() @IsInstance(Function) onUnauthorized?: unknown;
  @Optional() @IsInstance(Function) clock?: unknown;
}

/** @throws ConfigurationError that names every option that is unknown or has no valid value. */
export function resolveOptions<U extends User, R extends string>(
  options: SecurityOptions<U, R>,
): ResolvedOptions {
  validate(options);
  return {
    container: options.container ?? Container,
    userstores: options.userstores,
    // A provider of the app's own user type is asked with the app's own store only.
    providers: options.providers,
    authorizationProviders: options.authorizationProviders,
    roleLoaders: options.roleLoaders,
    grants: new Grants(options),
    default: options.default ?? 'public',
    realm: options.realm ?? 'api',
    deadlineMs: options.deadlineMs ?? 5000,
    stopAtBadCredentials: options.onBadCredentials === 'stop',
    findClient: clientFinder(options.trustProxy),
    trustedOrigins: new Set(options.trustedOrigins ?? []),
    requireHttps: options.requireHttps ?? false,
    basicChallengeForScripts: options.basicChallengeForScripts ?? true,
    onEvent: options.onEvent,
    logger: options.logger ?? console,
    skip: options.skip,
    onUnauthorized: options.onUnauthorized,
    clock: options.clock ?? Date.now,
  };
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function validate(options: unknown): void {
  // What an option inherits would be read without having been checked.
  if (!isPlainObject(options)) {
    throw new ConfigurationError('security: the options must be an object');
  }
  const problems = validateSync(Object.assign(new OptionsShape(), options), {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  }).flatMap((error) => Object.values(error.constraints ?? {}));
  const { trustedOrigins = [], logger, container } = options as SecurityOptions;
  for (const origin of problems.length > 0 ? [] : trustedOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || origin.includes('*')) {
      problems.push('each value in trustedOrigins must be an origin such as https://app.example');
    }
  }
  if (logger && !(['info', 'warn', 'error'] as const).every((level) => typeof logger[level] === 'function')) {
    problems.push('logger must have info(), warn() and error()');
  }
  if (container && typeof container.get !== 'function') problems.push('container must have get(cls)');
  if (problems.length > 0) throw new ConfigurationError(`security: ${problems.join('; ')}`);
}

/**
 * The stores, providers and role loaders of one app: found and checked at start, and resolved anew for each request.
 */
import type { AuthProviderInterface } from '../core/auth-provider';
import { isProvedBy } from '../core/authentication';
import { ConfigurationError } from '../errors';
import type { Constructor, ContainerLike } from './constructor';
import { decorated, decoratedElsewhere, type Kinds, type Registration } from './registry';
import { resolve, resolveAtStart } from './resolve';

/** A class of the app, with its name in logs and events. */
export interface Component<T> {
  readonly name: string;
  readonly get: () => T;
}

/** Classes that replace all decorated ones, in the order in which they are asked. */
export type ClassLists = { readonly [K in keyof Kinds]?: readonly Constructor<Kinds[K]>[] | undefined };

export interface ComponentOptions extends ClassLists {
  readonly container: ContainerLike;
  /** Receives every instance that is used, each time. */
  readonly onUse: (instance: object) => void;
}

export type Components = { readonly [K in keyof Kinds]: readonly Component<Kinds[K]>[] };

/** The name of a decorator, and the method that its classes must have. */
const DECORATORS: { readonly [K in keyof Kinds]: readonly [name: string, method: keyof Kinds[K] & string] } =
  {
    userstores: ['@Userstore', 'getUser'],
    providers: ['@AuthProvider', 'authenticate'],
    authorizationProviders: ['@AuthorizationProvider', 'authorize'],
    roleLoaders: ['@RoleLoader', 'getRoles'],
  };

const KINDS = Object.keys(DECORATORS) as (keyof Kinds)[];

/**
 * Finds an app's stores, providers and role loaders.
 * @throws ConfigurationError that names the classes and the remedy: an order that is not a number or is used twice, a
 * class that cannot be created or lacks its method, a provider without the store that it needs, a class that another copy
 * of the library decorated.
 */
export function findComponents(options: ComponentOptions): Components {
  if (options.providers === undefined) refuseEqualOrders(decorated('providers'));
  for (const kind of KINDS) if (options[kind] === undefined) refuseUnasked(kind);
  const components = {
    userstores: componentsOf('userstores', options),
    providers: componentsOf('providers', options),
    authorizationProviders: componentsOf('authorizationProviders', options),
    roleLoaders: componentsOf('roleLoaders', options),
  };
  components.providers.forEach(refuseUnknownCredential);
  components.providers.forEach(refuseMalformedSchemes);
  components.providers.forEach(refuseUnknownProof);
  refuseEqualNames('providers', components.providers);
  refuseEqualNames('userstores', components.userstores);
  components.userstores.forEach(refuseColon);
  const needy = components.providers.find((provider) => needsUserstore(provider.get()));
  if (needy !== undefined && components.userstores.length === 0) {
    throw new ConfigurationError(
      `${needy.name} needs a userstore and there is none: decorate a class with @Userstore() and import it`,
    );
  }
  return components;
}

/** A class that would have denied a request must not be missing without an error. */
function refuseUnasked(kind: keyof Kinds): void {
  const [unasked] = decoratedElsewhere(kind);
  if (unasked === undefined) return;
  throw new ConfigurationError(
    `${DECORATORS[kind][0]} ${unasked.name} was decorated by another copy of securest, so this app would not ask it: make ` +
      `sure that only one copy is installed (npm ls securest), or give each app its own list in the option \`${kind}\``,
  );
}

function componentsOf<K extends keyof Kinds>(kind: K, options: ComponentOptions): Component<Kinds[K]>[] {
  const [decorator, method] = DECORATORS[kind];
  const own = options[kind] as readonly Constructor<Kinds[K]>[] | undefined;
  const classes: readonly Constructor<Kinds[K]>[] = own ?? ordered(decorator, decorated(kind));
  return classes.map((cls, index) => {
    const nameless = `${decorator.slice(1).toLowerCase()}${String(index + 1)}`;
    return toComponent(options, cls, method, decorator, nameless);
  });
}

function toComponent<T extends object>(
  { container, onUse }: ComponentOptions,
  cls: Constructor<T>,
  method: keyof T & string,
  decorator: string,
  nameless: string,
): Component<T> {
  const first = resolveAtStart(container, cls, method, decorator);
  onUse(first);
  const { name } = first as { name?: unknown };
  return {
    name: (typeof name === 'string' && name) || cls.name || nameless,
    get: () => {
      const instance = resolve(container, cls);
      onUse(instance);
      return instance;
    },
  };
}

/** @see RFC 9110 section 5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function refuseUnknownCredential(provider: Component<AuthProviderInterface>): void {
  const { credential: given, schemes }: { credential?: unknown; schemes?: unknown } = provider.get();
  const credential = given ?? 'authorization';
  const names: readonly unknown[] = Array.isArray(credential) ? credential : [credential];
  // A provider that reads nothing must declare it twice: an empty list alone may be a mistake.
  const isOutside = Array.isArray(schemes) && schemes.length === 0;
  if ((names.length > 0 || isOutside) && names.every((name) => typeof name === 'string' && TOKEN.test(name)))
    return;
  throw new ConfigurationError(
    `${provider.name}: \`credential\` must be the name of the header that it reads, 'cookie', 'tls' or 'body', or a list of them`,
  );
}

function refuseUnknownProof({ name, get }: Component<AuthProviderInterface>): void {
  const proves: unknown = get().proves;
  if (proves === undefined || isProvedBy(proves)) return;
  throw new ConfigurationError(`${name}: \`proves\` must be 'login', 'session', 'token' or 'key'`);
}

function needsUserstore(provider: AuthProviderInterface): boolean {
  return provider.needsUserstore ?? provider.authenticate.length > 1;
}

function refuseMalformedSchemes({ name, get }: Component<AuthProviderInterface>): void {
  const schemes: unknown = get().schemes ?? [];
  const isScheme = (scheme: unknown): boolean =>
    typeof scheme === 'string' && TOKEN.test(scheme) && scheme === scheme.toLowerCase();
  if (Array.isArray(schemes) && Array.from(schemes).every(isScheme)) return;
  throw new ConfigurationError(
    `${name}: \`schemes\` must be a list of authentication schemes in lower case, for example ['bearer']`,
  );
}

function ordered<T>(decorator: string, registrations: Registration<T>[]): Constructor<T>[] {
  for (const { cls, order } of registrations) {
    if (Number.isFinite(order)) continue;
    throw new ConfigurationError(`${decorator}(${String(order)}) on ${cls.name}: the order must be a number`);
  }
  return registrations.map(({ cls }) => cls);
}

function refuseEqualOrders(registrations: Registration<AuthProviderInterface>[]): void {
  for (const [index, { cls, order }] of registrations.entries()) {
    const twin = registrations.slice(0, index).find((earlier) => earlier.order === order);
    if (twin === undefined) continue;
    throw new ConfigurationError(
      `${twin.cls.name} and ${cls.name} both have @AuthProvider(${String(order)}): ` +
        'give each provider an order of its own',
    );
  }
}

/** Events join the name to a username by a colon. */
function refuseColon({ name }: Component<unknown>): void {
  if (!name.includes(':')) return;
  throw new ConfigurationError(`The \`name\` of a userstore must have no colon: ${name}`);
}

function refuseEqualNames(kind: string, components: readonly Component<unknown>[]): void {
  const names = components.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigurationError(`Two ${kind} are named ${twice}: give one of them another \`name\``);
}

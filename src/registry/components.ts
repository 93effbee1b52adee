/**
 * The stores and providers of one app: found at start, checked, and resolved anew for each request.
 */
import type { AuthProviderInterface } from '../core/auth-provider';
import type { UserstoreInterface } from '../core/userstore';
import { ConfigurationError } from '../errors';
import type { Constructor, ContainerLike } from './constructor';
import { decoratedProviders, decoratedUserstores, type Registration } from './registry';
import { resolve, resolveAtStart } from './resolve';

/** A class of the app and the name that logs and events know it by. */
export interface Component<T> {
  readonly name: string;
  get(): T;
}

export interface ComponentOptions {
  readonly container: ContainerLike;
  /** The classes to use in place of all decorated ones, in the order in which they are asked. */
  readonly userstores?: readonly Constructor<UserstoreInterface>[] | undefined;
  readonly providers?: readonly Constructor<AuthProviderInterface>[] | undefined;
  /** Hears of every instance that is handed out, each time. */
  readonly onUse: (instance: object) => void;
}

export interface Components {
  readonly userstores: readonly Component<UserstoreInterface>[];
  readonly providers: readonly Component<AuthProviderInterface>[];
}

/**
 * Finds an app's stores and providers.
 * @throws ConfigurationError that names the classes and the cure: an order that is no number or used
 * twice, a class that cannot be created or lacks its method, a provider without the store it needs.
 */
export function findComponents(options: ComponentOptions): Components {
  const userstores = options.userstores ?? ordered('@Userstore', decoratedUserstores());
  const registrations = decoratedProviders();
  const providers = options.providers ?? ordered('@AuthProvider', registrations);
  if (options.providers === undefined) refuseEqualOrders(registrations);
  const components = {
    userstores: userstores.map((cls) => toComponent(options, cls, 'getUser', '@Userstore')),
    providers: providers.map((cls) => toComponent(options, cls, 'authenticate', '@AuthProvider')),
  };
  components.providers.forEach(refuseUnknownCredential);
  refuseEqualNames(components.providers);
  const needy = components.providers.find((provider) => provider.get().authenticate.length > 1);
  if (needy !== undefined && userstores.length === 0) {
    throw new ConfigurationError(
      `${needy.name} needs a userstore and there is none: decorate a class with @Userstore() and import it`,
    );
  }
  return components;
}

function toComponent<T extends object>(
  { container, onUse }: ComponentOptions,
  cls: Constructor<T>,
  method: keyof T & string,
  decorator: string,
): Component<T> {
  const first = resolveAtStart(container, cls, method, decorator);
  onUse(first);
  const { name } = first as { name?: unknown };
  return {
    name: typeof name === 'string' && name !== '' ? name : cls.name,
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
  const credential: unknown = provider.get().credential ?? 'authorization';
  if (typeof credential === 'string' && TOKEN.test(credential)) return;
  throw new ConfigurationError(
    `${provider.name}: \`credential\` must be the name of the header that it reads, 'cookie' or 'tls'`,
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
  registrations.forEach(({ cls, order }, index) => {
    const previous = registrations[index - 1];
    if (previous?.order !== order) return;
    throw new ConfigurationError(
      `${previous.cls.name} and ${cls.name} both have @AuthProvider(${String(order)}): ` +
        'give each provider an order of its own',
    );
  });
}

function refuseEqualNames(providers: readonly Component<AuthProviderInterface>[]): void {
  const names = providers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigurationError(`Two providers are named ${twice}: give one of them another \`name\``);
}

/**
 * The stores, providers and role loaders that one instance of the library uses. They are found at their first use and
 * again for each server; `forget()` and `close()` reach all of them.
 */
import { type AppFacts, type AuthProviderInterface, credentialsOf, isHeader } from '../core/auth-provider';
import { hasStamps, type UserstoreInterface } from '../core/userstore';
import { ConfigurationError } from '../errors';
import { describeError } from '../util/describe-error';
import { ignoreRejection, isThenable } from '../util/ignore-rejection';
import { AppStart } from './app-start';
import { type ClassLists, type Component, type Components, findComponents } from './components';
import type { Constructor, ContainerLike } from './constructor';
import { InUse } from './in-use';
import { decidingDecorations, stepInProvider } from './registry';
import { resolve } from './resolve';

/** A provider in the chain; `isStandIn` marks that of the test kit. */
interface Link extends Component<AuthProviderInterface> {
  readonly isStandIn?: boolean;
}

/** The app's services for providers, beside the lists of its components. */
export type AppServices = Omit<AppFacts, 'userstores' | 'userstoresWithoutStamp' | 'providers'>;

interface Found extends Components {
  /** The headers that the providers read, in lower case. */
  readonly credentialHeaders: readonly string[];
  /** The number of sources of users: userstores, and providers with their own users. */
  readonly userSources: number;
}

export class AppComponents implements Components {
  /** Whether the last start of the whole app failed. */
  readonly lastStart = new AppStart();
  private readonly inUse: InUse;
  private known: Found | undefined;
  /** The value of `decidingDecorations()` for which they are known. */
  private knownFor = 0;
  private isStarted = false;
  /** True once every provider has received the app: after a failed start the app is not started. */
  private isReady = false;
  private isStarting = false;
  /** The providers that have received the app. */
  private started = new WeakSet<AuthProviderInterface>();
  /** The providers at the last start of a server. */
  private startedWith: readonly AuthProviderInterface[] = [];

  /** @param classes replace the decorated classes */
  constructor(
    private readonly container: ContainerLike,
    private readonly classes: ClassLists,
    private readonly services: AppServices,
  ) {
    this.inUse = new InUse(services.report);
  }

  /** The app, as providers and their services see it. @throws ConfigurationError if its components cannot be trusted */
  get facts(): AppFacts {
    const { userstores, providers } = this.found;
    return {
      userstores: userstores.map(({ name }) => name),
      userstoresWithoutStamp: userstores.filter(({ get }) => !hasStamps(get())).map(({ name }) => name),
      providers: providers.map(({ get }) => get()),
      ...this.services,
    };
  }

  get userstores(): readonly Component<UserstoreInterface>[] {
    return this.found.userstores;
  }

  get providers(): readonly Component<AuthProviderInterface>[] {
    return this.found.providers;
  }

  get authorizationProviders(): Components['authorizationProviders'] {
    return this.complete.authorizationProviders;
  }

  get roleLoaders(): Components['roleLoaders'] {
    return this.complete.roleLoaders;
  }

  /** The headers that contain credentials, as the providers declared when they were found. */
  get credentialHeaders(): readonly string[] {
    return this.found.credentialHeaders;
  }

  /** The number of sources of users: with several, a name alone does not identify a user. */
  get userSources(): number {
    return this.found.userSources;
  }

  /** The providers in the order of the chain: that of the test kit before all others. */
  get links(): readonly Link[] {
    const first = stepInProvider();
    if (first === undefined) return this.found.providers;
    return [{ name: first.name ?? 'test', isStandIn: true, get: () => first }, ...this.found.providers];
  }

  /**
   * Searches again, since more classes may be decorated by now.
   * @throws ConfigurationError if the components cannot be trusted
   */
  find(): Found {
    const decorations = decidingDecorations();
    const components = findComponents({
      container: this.container,
      ...this.classes,
      onUse: (instance) => {
        this.inUse.add(instance);
      },
    });
    const credentials = components.providers.flatMap(({ get }) => credentialsOf(get()));
    const credentialHeaders = [...new Set(credentials)].filter(isHeader);
    const withOwnUsers = components.providers.filter(({ get }) => get().needsUserstore === false);
    const providers = components.providers.map(({ name, get }) => ({ name, get: () => this.told(get()) }));
    const userSources = components.userstores.length + withOwnUsers.length;
    this.knownFor = decorations;
    return (this.known = { ...components, providers, credentialHeaders, userSources });
  }

  /**
   * Passes the app to its providers: to the present ones now, and later to each provider that replaces one.
   * @throws ConfigurationError if a provider does not fit the app, or starts the app itself
   */
  start(): void {
    if (this.isStarting) {
      throw new ConfigurationError('A provider that is being started cannot start the app, or log in by it');
    }
    this.isReady = false;
    this.isStarting = true;
    try {
      this.tellProviders();
      this.isReady = true;
    } finally {
      this.isStarting = false;
    }
  }

  private tellProviders(): void {
    this.isStarted = false;
    const providers = this.found.providers.map(({ get }) => get());
    // With a new provider the app has changed for the earlier ones: they may no longer fit.
    const isSame = providers.every((provider) => this.startedWith.includes(provider));
    if (!isSame) this.started = new WeakSet();
    this.startedWith = providers;
    this.isStarted = true;
    for (const { get } of this.found.providers) get();
  }

  /**
   * The same, unless a server has already done it.
   * @throws ConfigurationError, also if the last start of the whole app failed
   */
  startOnce(): void {
    this.lastStart.refuseFailed();
    if (!this.isReady) this.start();
  }

  /** A provider that does not fit is never returned, however often it is requested. */
  private told(provider: AuthProviderInterface): AuthProviderInterface {
    if (!this.isStarted || provider.onStart === undefined || this.started.has(provider)) return provider;
    this.started.add(provider);
    try {
      const { facts } = this;
      const answers: { onStart(app: AppFacts): unknown } = { onStart: provider.onStart.bind(provider) };
      this.refusePromise(provider, answers.onStart(facts));
    } catch (error) {
      this.started.delete(provider);
      throw error;
    }
    return provider;
  }

  /** A promise decides only after the app has started, and its rejection would then refuse nothing. */
  private refusePromise(provider: AuthProviderInterface, answer: unknown): void {
    const component = provider.name ?? provider.constructor.name;
    ignoreRejection(answer, (cause) => {
      this.services.report({ component, problem: `onStart() rejected: ${describeError(cause)}` });
    });
    if (!isThenable(answer)) return;
    throw new ConfigurationError(
      `${component}: onStart() must decide at once, and it returned a promise: begin longer work without returning it`,
    );
  }

  /** An instance of a class of the app, from the container. */
  resolve<T>(cls: Constructor<T>): T {
    return resolve(this.container, cls);
  }

  /**
   * Makes every provider drop its record of a user's credentials, and every userstore its cached entry of the user.
   * @param onFailure receives each failure, immediately or later; the remaining components are still called
   */
  forget(username: string, onFailure: (component: string, cause: unknown) => void): void {
    for (const { name, get } of [...this.found.providers, ...this.found.userstores]) {
      try {
        const result: unknown = get().forget?.(username);
        ignoreRejection(result, (cause) => {
          onFailure(name, cause);
        });
      } catch (cause) {
        onFailure(name, cause);
      }
    }
  }

  /**
   * Closes the components that no other instance of the library uses. A later use of the app starts its providers
   * again.
   * @throws the first exception
   */
  close(): Promise<void> {
    this.started = new WeakSet();
    return this.inUse.close();
  }

  private get found(): Found {
    return this.known ?? this.find();
  }

  /**
   * The same with the classes that were decorated after the start, by a module that was imported late: without them a
   * request could pass that they deny.
   */
  private get complete(): Found {
    const { known, classes } = this;
    if (known === undefined) return this.find();
    const isFixed = classes.authorizationProviders !== undefined && classes.roleLoaders !== undefined;
    if (isFixed || this.knownFor === decidingDecorations()) return known;
    const found = this.find();
    for (const kind of ['authorizationProviders', 'roleLoaders'] as const) {
      const names = known[kind].map(({ name }) => name);
      for (const { name } of found[kind].filter((late) => !names.includes(late.name))) {
        this.services.report({
          component: name,
          problem: 'it was decorated after the start, and is asked only from now on: import it before',
        });
      }
    }
    return found;
  }
}

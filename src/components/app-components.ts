/**
 * The stores, providers and role loaders that one instance of the library uses: found when they are first needed and
 * anew for each server, told to forget and closed together.
 */
import { type AppFacts, type AuthProviderInterface, credentialsOf, isHeader } from '../core/auth-provider';
import { hasStamps, type UserstoreInterface } from '../core/userstore';
import { describeError } from '../util/describe-error';
import { ignoreRejection } from '../util/ignore-rejection';
import { type ClassLists, type Component, type Components, findComponents } from './components';
import type { Constructor, ContainerLike } from './constructor';
import { InUse } from './in-use';
import { stepInProvider } from './registry';
import { resolve } from './resolve';

/** A provider that is asked, and whether it is the test kit's. */
interface Link extends Component<AuthProviderInterface> {
  readonly isStandIn?: boolean;
}

/** What providers and their services ask of the app beside its components. */
export type AppServices = Omit<AppFacts, 'userstores' | 'userstoresWithoutStamp' | 'providers'>;

interface Found extends Components {
  /** The headers that the providers say they read, in lower case. */
  readonly credentialHeaders: readonly string[];
  /** How many places users come from: userstores, and providers that bring their own. */
  readonly userSources: number;
}

export class AppComponents implements Components {
  private readonly inUse: InUse;
  private known: Found | undefined;
  private isStarted = false;
  /** The providers that have been told of the app. */
  private started = new WeakSet<AuthProviderInterface>();
  /** Those that there were when a server started last. */
  private startedWith: readonly AuthProviderInterface[] = [];

  /** @param classes to use in place of the decorated ones */
  constructor(
    private readonly container: ContainerLike,
    private readonly classes: ClassLists,
    private readonly services: AppServices,
  ) {
    this.inUse = new InUse(services.report);
  }

  /** The app as its providers and their services know it. @throws ConfigurationError when it has none that can be trusted */
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
    return this.found.authorizationProviders;
  }

  get roleLoaders(): Components['roleLoaders'] {
    return this.found.roleLoaders;
  }

  /** The headers that credentials come in, as the providers said when they were found. */
  get credentialHeaders(): readonly string[] {
    return this.found.credentialHeaders;
  }

  /** How many places users come from: with several a name alone does not say who it is. */
  get userSources(): number {
    return this.found.userSources;
  }

  /** The providers as the chain asks them: the test kit's before all others. */
  get links(): readonly Link[] {
    const first = stepInProvider();
    if (first === undefined) return this.found.providers;
    return [{ name: first.name ?? 'test', isStandIn: true, get: () => first }, ...this.found.providers];
  }

  /**
   * Looks for them anew, as more classes may be decorated by now.
   * @throws ConfigurationError when they cannot be trusted
   */
  find(): Found {
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
    return (this.known = { ...components, providers, credentialHeaders, userSources });
  }

  /**
   * Tells the providers of the app that they are in: those of now, and from now on each that takes the place of one.
   * @throws ConfigurationError where one does not fit into it
   */
  start(): void {
    this.isStarted = false;
    const providers = this.found.providers.map(({ get }) => get());
    // One that came later is another app to those that were there before: they may not fit to it.
    const isSame = providers.every((provider) => this.startedWith.includes(provider));
    if (!isSame) this.started = new WeakSet();
    this.startedWith = providers;
    this.isStarted = true;
    for (const { get } of this.found.providers) get();
  }

  /** The same where no server has done it. @throws ConfigurationError */
  startOnce(): void {
    if (!this.isStarted) this.start();
  }

  /** One that does not fit is not handed out, however often it is asked for. */
  private told(provider: AuthProviderInterface): AuthProviderInterface {
    if (!this.isStarted || provider.onStart === undefined || this.started.has(provider)) return provider;
    this.started.add(provider);
    try {
      const { facts } = this;
      const answers: { onStart(app: AppFacts): unknown } = { onStart: provider.onStart.bind(provider) };
      const result = answers.onStart(facts);
      // Nobody waits for it; what it rejects with is not lost without a word.
      ignoreRejection(result, (cause) => {
        this.services.report({
          component: provider.name ?? provider.constructor.name,
          problem: `onStart() rejected: ${describeError(cause)}`,
        });
      });
    } catch (error) {
      this.started.delete(provider);
      throw error;
    }
    return provider;
  }

  /** An instance of the app's, from the container. */
  resolve<T>(cls: Constructor<T>): T {
    return resolve(this.container, cls);
  }

  /**
   * Has every provider drop what it remembers of a user's credentials, and every userstore what it keeps of the user.
   * @param onFailure hears from each that fails, at once or later; the others are asked all the same
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

  /** Closes those that no other instance of the library uses too. @throws what the first that failed threw */
  close(): Promise<void> {
    return this.inUse.close();
  }

  private get found(): Found {
    return this.known ?? this.find();
  }
}

/** An app of all decorated classes, for tests of containers. */
import { hashSync } from 'bcryptjs';
import {
  Authorized,
  CurrentUser,
  Get,
  JsonController,
  type RoutingControllersOptions,
} from 'routing-controllers';
import { Container } from 'typedi';
import {
  AuthProvider,
  type Constructor,
  type ContainerLike,
  createSecurity,
  type User,
  Userstore,
  type UserstoreInterface,
} from '../../src';
import { basic, type Driver, TestServer } from './drivers';
import { PATIENCE_MS } from './deadlines';
import { MemoryLogger } from './reset';
import { CheapPasswordProvider } from './hashers';

export const ANN = { username: 'ann', password: hashSync('pw', 4), roles: ['editor'] };
export const BOB = { username: 'bob', password: hashSync('pw', 4) };

export const ann = basic('ann', 'pw');
export const bob = basic('bob', 'pw');

/** A store of the app's own, which gets users while it runs. */
export class Names implements UserstoreInterface {
  readonly users = new Map<string, User>();
  constructor(...users: User[]) {
    for (const user of users) this.users.set(user.username, user);
  }
  getUser(name: string): User | undefined {
    return this.users.get(name);
  }
}

export function decorateAnn() {
  @Userstore()
  class Users extends Names {
    constructor() {
      super(ANN);
    }
  }
  @AuthProvider(1)
  class Password extends CheapPasswordProvider {}
  return { Users, Password };
}

/** A controller with a guarded and an open action, which needs no dependencies from a container. */
export function meController(): Constructor<object> {
  @JsonController()
  class Me {
    @Authorized() @Get('/me') me(@CurrentUser() user: User) {
      return { user: user.username };
    }
    @Get('/open') open(@CurrentUser() user?: User) {
      return { user: user?.username ?? null };
    }
  }
  return Me;
}

export class App implements AsyncDisposable {
  private constructor(
    readonly server: TestServer,
    readonly logger: MemoryLogger,
  ) {}

  /** Starts an app of all decorated classes. */
  static async start(driver: Driver, options: AppOptions = {}): Promise<App> {
    const logger = new MemoryLogger();
    return new App(await TestServer.start(build(driver, options, logger)), logger);
  }

  /** The status, and for 200 the reply. */
  async get(path: string, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await this.server.fetch(path, { headers });
    return response.status === 200 ? response.json() : response.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

export interface AppOptions {
  container?: ContainerLike;
  controllers?: Constructor<object>[];
}

export function build(driver: Driver, { container, controllers }: AppOptions, logger = new MemoryLogger()) {
  const own = container === undefined ? {} : { container };
  const options: RoutingControllersOptions = { controllers: controllers ?? [meController()] };
  return driver.build(createSecurity({ logger, deadlineMs: PATIENCE_MS, ...own }).secure(options));
}

/** The message with which an app of all decorated classes refuses to start; fails when it starts. */
export function refusal(driver: Driver, options: AppOptions = {}): string {
  try {
    build(driver, options);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'invalid_configuration') return (error as Error).message;
    throw error;
  }
  throw new Error('The app started');
}

/** Stands for the import of classes in an app. */
export function load(..._classes: unknown[]): void {}

/** Removes everything from the global container. */
export function forgetServices(): void {
  Container.of().reset({ strategy: 'resetServices' });
}

export const RESETS: readonly [string, () => void][] = [
  ['of its values', () => void Container.reset()],
  ['of its services', forgetServices],
];

/** A minimal handwritten container: one instance of each class, made without arguments. */
export class HandWritten implements ContainerLike {
  readonly instances = new Map<unknown, unknown>();
  get<T>(cls: Constructor<T>): T {
    if (!this.instances.has(cls)) this.instances.set(cls, new (cls as new () => T)());
    return this.instances.get(cls) as T;
  }
}

import {
  type ActionMetadata,
  BaseDriver,
  createExecutor,
  type RoutingControllersOptions,
} from 'routing-controllers';
import { readyHostMetadata } from './access/host-metadata';
import { preparing } from './build-watch';

/** The actions and middlewares that a server with these options would register. */
export interface RecordedServer {
  readonly actions: readonly ActionMetadata[];
  /** The names of the global middlewares that run before every action, in their order. */
  readonly middlewares: readonly string[];
  readonly routePrefix: string;
}

type Middleware = Parameters<BaseDriver['registerMiddleware']>[0];

/** Lets routing-controllers build its metadata as for a server, and records what it would register. */
export function recordServer(options: RoutingControllersOptions): RecordedServer {
  const driver = new RecordingDriver();
  const restoreMetadata = readyHostMetadata();
  const wasPreparing = preparing(true);
  try {
    createExecutor(driver, options);
  } finally {
    preparing(wasPreparing);
    restoreMetadata();
  }
  const { actions, middlewares, routePrefix } = driver;
  return { actions, middlewares, routePrefix };
}

class RecordingDriver extends BaseDriver {
  readonly actions: ActionMetadata[] = [];
  readonly middlewares: string[] = [];

  override initialize(): void {
    // There is no framework to set up.
  }

  override registerMiddleware({ type, target }: Middleware): void {
    if (type === 'before') this.middlewares.push(target.name);
  }

  override registerAction(action: ActionMetadata): void {
    this.actions.push(action);
  }

  override registerRoutes(): void {
    // No route is served here.
  }

  override getParamFromRequest(): undefined {
    return undefined;
  }

  override handleError(): void {
    // No request arrives here.
  }

  override handleSuccess(): void {
    // No request arrives here.
  }
}

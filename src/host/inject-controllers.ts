import { type ActionMetadata, getFromContainer } from 'routing-controllers';
import { ConfigurationError } from '../errors';
import type { Constructor, ContainerLike } from '../components/constructor';
import { injectionFault } from '../components/injection';
import { resolve } from '../components/resolve';
import { instancesOfHost } from './host-instances';

/** The requested controller, and a function that creates it if the app's own container does not have it. */
interface Asked {
  readonly cls: object;
  readonly create: () => object;
}

let asked: Asked | undefined;

/**
 * Lets the container create controllers that have constructor parameters. routing-controllers' default container would
 * call their constructors without arguments. A container that the app has set (`useContainer`) is asked first, for each
 * request: only a class that it leaves to the default container is created here.
 * @throws ConfigurationError if a controller would get TypeDI's container as a constructor argument
 */
export function injectControllers(actions: readonly ActionMetadata[], container: ContainerLike): void {
  for (const controller of new Set(actions.map(({ controllerMetadata }) => controllerMetadata))) {
    const cls = controller.target as Constructor<object>;
    if (!needsInjection(cls)) continue;
    const fault = injectionFault(container, cls);
    if (fault !== undefined && isLeftToDefault(cls)) throw new ConfigurationError(fault);
    const ofHost = controller.getInstance.bind(controller);
    let isFirst = true;
    controller.getInstance = (action) => {
      // At the first request, because an app may set its container after its server is built.
      if (isFirst) answerFor(cls);
      isFirst = false;
      return withAnswer({ cls, create: () => resolve(container, cls) }, () => ofHost(action) as object);
    };
  }
}

function needsInjection(cls: object): boolean {
  for (let next: unknown = cls; typeof next === 'function'; next = Object.getPrototypeOf(next)) {
    if (next.length > 0 && next !== Function.prototype) return true;
  }
  return false;
}

/** Asks for the controller as a request would, without creating it. */
function isLeftToDefault(cls: Constructor<object>): boolean {
  answerFor(cls);
  let isLeft = false;
  const create = (): object => {
    isLeft = true;
    return {};
  };
  try {
    withAnswer({ cls, create }, () => getFromContainer(cls));
  } catch {
    // The app's own container needs a request.
  }
  return isLeft;
}

function withAnswer<T>(answer: Asked, ask: () => T): T {
  const before = asked;
  asked = answer;
  try {
    return ask();
  } finally {
    asked = before;
  }
}

const answered = new WeakSet<object>();

/**
 * Puts an entry into routing-controllers' default container that creates the instance when it is read. Apps may share a
 * class and have their own containers, and an app without securest gets the same instance as before.
 */
function answerFor(cls: Constructor<object>): void {
  if (answered.has(cls)) return;
  const instances = instancesOfHost();
  if (instances === undefined) return;
  answered.add(cls);
  let bare = instances.find(({ type }) => type === cls)?.object;
  instances.unshift({
    type: cls,
    get object() {
      return asked?.cls === cls ? asked.create() : (bare ??= new cls());
    },
  });
}

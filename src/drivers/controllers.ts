import { type ActionMetadata, getFromContainer } from 'routing-controllers';
import type { Constructor, ContainerLike } from '../registry/constructor';
import { resolve } from '../registry/resolve';

/**
 * Lets the container create controllers that ask for something, where the app has given routing-controllers
 * no container: its own would call their constructors with nothing. A container of the app that does the
 * same with classes that it does not know is taken for none.
 */
export function injectControllers(actions: readonly ActionMetadata[], container: ContainerLike): void {
  for (const { controllerMetadata } of actions) {
    const cls = controllerMetadata.target as Constructor<object>;
    if (!needsInjection(cls)) continue;
    const ofHost = controllerMetadata.getInstance.bind(controllerMetadata);
    // Looked at when the first request comes: an app may set its container after its server is built.
    let isOurs: boolean | undefined;
    controllerMetadata.getInstance = (action) => {
      isOurs ??= !hasOwnContainer();
      return isOurs ? resolve(container, cls) : (ofHost(action) as object);
    };
  }
}

function needsInjection(cls: object): boolean {
  for (let next: unknown = cls; typeof next === 'function'; next = Object.getPrototypeOf(next)) {
    if (next.length > 0 && next !== Function.prototype) return true;
  }
  return false;
}

/** Asks for a class with a parameter: only routing-controllers' default container gives it none. */
function hasOwnContainer(): boolean {
  class Probe {
    readonly given: number;
    constructor(_needed: unknown) {
      this.given = arguments.length;
    }
  }
  try {
    return (getFromContainer(Probe) as Partial<Probe> | undefined)?.given !== 0;
  } catch {
    return true;
  }
}

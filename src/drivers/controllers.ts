import { type ActionMetadata, getFromContainer } from 'routing-controllers';
import type { Constructor, ContainerLike } from '../registry/constructor';
import { resolve } from '../registry/resolve';

/**
 * Lets the container create controllers that ask for something, where the app has given routing-controllers
 * no container: its own would call their constructors with nothing. Controllers of other apps keep theirs.
 */
export function injectControllers(actions: readonly ActionMetadata[], container: ContainerLike): void {
  if (hasOwnContainer()) return;
  for (const { controllerMetadata } of actions) {
    const cls = controllerMetadata.target as Constructor<object>;
    if (!needsInjection(cls)) continue;
    controllerMetadata.getInstance = () => resolve(container, cls);
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

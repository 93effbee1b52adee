import { getFromContainer } from 'routing-controllers';

/** An entry of routing-controllers' default container. */
export interface HostInstance {
  readonly type: unknown;
  readonly object: object;
}

let instances: HostInstance[] | undefined;

/**
 * The list of instances in routing-controllers' default container. Undefined while it cannot be reached, because the
 * app's own container answers for all classes. The container is not exported, and an app's container may return the
 * same plain instance of an unknown class twice. So the list is identified by the search for a class in it.
 */
export function instancesOfHost(): HostInstance[] | undefined {
  instances ??= findInstances();
  return instances;
}

function findInstances(): HostInstance[] | undefined {
  class Probe {}
  const lists: (readonly unknown[])[] = [];
  const { find } = Array.prototype;
  let probe: unknown;
  // Only routing-controllers and the app's container run while `find` is replaced.
  Array.prototype.find = function (this: unknown[], ...args: Parameters<typeof find>) {
    lists.push(this);
    return find.apply(this, args) as unknown;
  };
  try {
    probe = getFromContainer(Probe);
  } catch {
    return undefined;
  } finally {
    Array.prototype.find = find;
  }
  for (const list of lists as HostInstance[][]) {
    const index = Array.isArray(list) ? list.findIndex((entry) => isKept(entry, Probe, probe)) : -1;
    if (index < 0) continue;
    list.splice(index, 1);
    return list;
  }
  return undefined;
}

function isKept(entry: unknown, type: unknown, object: unknown): boolean {
  const kept = entry as Partial<HostInstance> | null | undefined;
  return typeof kept === 'object' && kept !== null && kept.type === type && kept.object === object;
}

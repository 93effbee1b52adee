import { getFromContainer } from 'routing-controllers';

/** What routing-controllers' default container keeps of a class. */
export interface HostInstance {
  readonly type: unknown;
  readonly object: object;
}

let instances: HostInstance[] | undefined;

/**
 * The instances that the host's default container keeps; undefined while it cannot be reached, as the app's own
 * container answers for all classes. It is not exported, and an app's container may give the same bare instance of an
 * unknown class twice: it is known only by the list in which it looks the class up.
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
  // Nothing but the host and the app's container runs in between.
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

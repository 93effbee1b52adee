/**
 * What guards and actions load by a route's parameter, once a request: the guard decides about the very
 * resource that the action then gets.
 */
import type { IncomingMessage } from 'node:http';
import type { Action } from 'routing-controllers';
import type { ResourceStoreClass } from '../core/access';
import { rawRequest } from '../core/execution';
import { routeParameter } from '../drivers/route-parameter';
import type { ContainerLike } from '../registry/constructor';
import { resolve } from '../registry/resolve';
import { ignoreRejection } from '../util/ignore-rejection';

type Loaded = Promise<object | null | undefined>;

export class Resources {
  private readonly loaded = new WeakMap<IncomingMessage, Map<ResourceStoreClass, Map<string, Loaded>>>();

  constructor(private readonly container: ContainerLike) {}

  /** The resource, or null or undefined where there is none. */
  load(action: Action, store: ResourceStoreClass, parameter: string): Loaded {
    const id = routeParameter(action, parameter);
    if (id === undefined) return Promise.resolve(undefined);
    const key = rawRequest(action);
    const stores = this.loaded.get(key) ?? new Map<ResourceStoreClass, Map<string, Loaded>>();
    this.loaded.set(key, stores);
    const byId = stores.get(store) ?? new Map<string, Loaded>();
    stores.set(store, byId);
    const known = byId.get(id);
    if (known !== undefined) return known;
    const resource = this.get(store, id);
    ignoreRejection(resource);
    byId.set(id, resource);
    return resource;
  }

  private async get(store: ResourceStoreClass, id: string): Loaded {
    const resource: unknown = await resolve(this.container, store).get(id);
    if (resource === null || resource === undefined || typeof resource === 'object') return resource;
    throw new TypeError(`${store.name}.get() returned something that is no resource`);
  }
}

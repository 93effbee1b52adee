/**
 * What guards and actions load by a route's parameter, once a request: the guard decides about the very
 * resource that the action then gets.
 */
import type { IncomingMessage } from 'node:http';
import type { Action } from 'routing-controllers';
import type { Access, ResourceStoreClass } from '../core/access';
import { rawRequest } from '../http/raw';
import { routeParameter } from '../http/route-parameter';
import type { ContainerLike } from '../components/constructor';
import { resolve } from '../components/resolve';
import { ignoreRejection } from '../util/ignore-rejection';

/** Stands for the resource of a parameter whose text the host refuses, so that the action cannot run. */
export const UNCONVERTIBLE: unique symbol = Symbol('securest.unconvertible');

type Loaded = Promise<object | null | undefined>;

export class Resources {
  private readonly loaded = new WeakMap<IncomingMessage, Map<ResourceStoreClass, Map<string, Loaded>>>();

  constructor(private readonly container: ContainerLike) {}

  /** The resource, or null or undefined where it does not exist or the route leaves its parameter out. */
  async load(
    action: Action,
    { numericParameters }: Access,
    store: ResourceStoreClass,
    parameter: string,
  ): Promise<object | null | undefined | typeof UNCONVERTIBLE> {
    const text = routeParameter(action, parameter);
    if (text === undefined) return undefined;
    const id = numericParameters.includes(parameter) ? asNumber(text) : text;
    return id === undefined ? UNCONVERTIBLE : this.loadOnce(action, store, id);
  }

  private loadOnce(action: Action, store: ResourceStoreClass, id: string): Loaded {
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

/** The text of the number that the host makes of a text; undefined where it refuses. */
function asNumber(text: string): string | undefined {
  const value = +text;
  return text === '' || Number.isNaN(value) ? undefined : String(value);
}

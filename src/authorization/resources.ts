/**
 * The resources that guards and actions load by a route's parameter, once for each request: the guard decides about the
 * same resource that the action then gets.
 */
import type { Action } from '../core/exchange';
import type { LoadedResource, RequestState } from '../authentication/request-state';
import type { Constructor } from '../components/constructor';
import type { Access, ResourceStoreClass } from '../core/access';
import { UNCONVERTIBLE } from '../core/resource';
import { routeParameter } from '../http/route-parameter';
import { ignoreRejection } from '../util/ignore-rejection';

export class Resources {
  /** @param resolve returns an instance of a class of the app */
  constructor(private readonly resolve: <T>(cls: Constructor<T>) => T) {}

  /** The resource; null or undefined if it does not exist or the route omits its parameter. */
  async load(
    state: RequestState,
    action: Action,
    { numericParameters }: Access,
    store: ResourceStoreClass,
    parameter: string,
  ): Promise<object | null | undefined | typeof UNCONVERTIBLE> {
    const text = routeParameter(action, parameter);
    if (text === undefined) return undefined;
    const id = numericParameters.includes(parameter) ? asNumber(text) : text;
    return id === undefined ? UNCONVERTIBLE : this.loadOnce(state, store, id);
  }

  private loadOnce(state: RequestState, store: ResourceStoreClass, id: string): LoadedResource {
    state.resources ??= new Map<ResourceStoreClass, Map<string, LoadedResource>>();
    const byId = state.resources.get(store) ?? new Map<string, LoadedResource>();
    state.resources.set(store, byId);
    const known = byId.get(id);
    if (known !== undefined) return known;
    const resource = this.get(store, id);
    ignoreRejection(resource);
    byId.set(id, resource);
    return resource;
  }

  private async get(store: ResourceStoreClass, id: string): LoadedResource {
    const resource: unknown = await this.resolve(store).get(id);
    if (resource === undefined || typeof resource === 'object') return resource;
    throw new TypeError(`${store.name}.get() returned a value that is not a resource`);
  }
}

/** The text of the number that the host converts a text to; undefined if the host refuses it. */
function asNumber(text: string): string | undefined {
  const value = +text;
  return text === '' || Number.isNaN(value) ? undefined : String(value);
}

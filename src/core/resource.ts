import type { MaybePromise } from './userstore';

/**
 * Where `ownerOf` and `@Resource` load from: any class of the app with `get(id)`. Null and undefined mean
 * that the resource does not exist, and nothing else; a store that is down throws ServiceUnavailableError.
 */
export interface ResourceStoreInterface<T extends object = object> {
  /** The id is the route's parameter as the client sent it, decoded once: bind it, never build it in. */
  get(id: string): MaybePromise<T | null | undefined>;
}

/** Stands for the resource of a parameter whose text the host refuses, so that the action cannot run. */
export const UNCONVERTIBLE: unique symbol = Symbol('securest.unconvertible');

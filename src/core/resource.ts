import type { MaybePromise } from './userstore';

/**
 * The source of resources for `ownerOf` and `@Resource`: any class of the app with `get(id)`. Null and undefined always
 * mean that the resource does not exist; a store that is down throws ServiceUnavailableError.
 */
export interface ResourceStoreInterface<T extends object = object> {
  /** The id is the route's parameter as the client sent it, decoded once: bind it in a query, never concatenate it. */
  get(id: string): MaybePromise<T | null | undefined>;
}

/** The resource of a parameter that routing-controllers cannot convert, so that the action cannot run. */
export const UNCONVERTIBLE: unique symbol = Symbol('securest.unconvertible');

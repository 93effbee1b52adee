import { getMetadataArgsStorage } from 'routing-controllers';
import { hookInterceptors } from './interceptors';
import { keepUndecidedParameters } from './parameters';

/**
 * Prepares routing-controllers' global metadata for the building of one server.
 * @returns a function that undoes all changes, to be called once the server's own metadata has been built
 */
export function readyHostMetadata(): () => void {
  const undo = [keepUndecidedParameters(), hookInterceptors()];
  return () => {
    for (const one of undo) one();
  };
}

export type MetadataStorage = ReturnType<typeof getMetadataArgsStorage>;

/** An empty storage of routing-controllers' own class, which it does not export. */
export function emptyStorage(): MetadataStorage {
  const { constructor } = getMetadataArgsStorage() as { constructor: unknown };
  return new (constructor as new () => MetadataStorage)();
}

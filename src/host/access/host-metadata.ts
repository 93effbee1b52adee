import { getMetadataArgsStorage } from 'routing-controllers';
import { hookInterceptors } from './interceptors';
import { keepUndecidedParameters } from './parameters';

/**
 * Readies the host's global metadata for the building of one server.
 * @returns a function that takes everything back, to be called once the server's own metadata has been built
 */
export function readyHostMetadata(): () => void {
  const undo = [keepUndecidedParameters(), hookInterceptors()];
  return () => {
    for (const one of undo) one();
  };
}

export type MetadataStorage = ReturnType<typeof getMetadataArgsStorage>;

/** A storage of the host's own class, which it does not export, with nothing in it. */
export function emptyStorage(): MetadataStorage {
  const { constructor } = getMetadataArgsStorage() as { constructor: unknown };
  return new (constructor as new () => MetadataStorage)();
}

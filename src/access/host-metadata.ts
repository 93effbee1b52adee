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

import { ignoreRejection } from '../util/ignore-rejection';
import type { Components } from './components';

/**
 * Has every provider drop what it remembers of a user's credentials, and every userstore what it keeps of the user.
 * @param onFailure hears from each that fails, at once or later; the others are asked all the same
 */
export function forgetUser(
  { providers, userstores }: Components,
  username: string,
  onFailure: (component: string, cause: unknown) => void,
): void {
  for (const { name, get } of [...providers, ...userstores]) {
    try {
      const result: unknown = get().forget?.(username);
      ignoreRejection(result, (cause) => {
        onFailure(name, cause);
      });
    } catch (cause) {
      onFailure(name, cause);
    }
  }
}

import type { Components } from '../components/components';
import type { Access } from '../core/access';
import { isByRoles } from '../rules/rule-kind';
import { decidesByPath } from './paths/path-permissions';

/** True for a guarded action whose rules and providers all decide without the body. */
export function isDecidedEarly(
  { levels }: Access,
  { authorizationProviders }: Pick<Components, 'authorizationProviders'>,
): boolean {
  return (
    levels.length > 0 &&
    levels.every(({ rule }) => isByRoles(rule)) &&
    authorizationProviders.every(({ get }) => decidesByPath(get()))
  );
}

import type { CompiledAction } from '../compile';
import type { AccessWarning } from './warnings';
import type { UserRoles } from '../../core/authorization-provider';
import type { Components } from '../../components/components';

/** What the app's authorization providers find in their own rules. */
export function ruleWarnings(
  compiled: readonly CompiledAction[],
  { authorizationProviders }: Components,
  roles: UserRoles | undefined,
): AccessWarning[] {
  const routes = compiled.map(({ access }) => access);
  return authorizationProviders.flatMap((provider) =>
    [...(provider.get().warnings?.({ routes, roles }) ?? [])].map(({ code, message }) => ({
      code,
      action: provider.name,
      message: `${provider.name}: ${message}`,
    })),
  );
}

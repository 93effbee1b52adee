import type { AccessWarning } from './warnings';
import type { Access } from '../../core/access';
import type { UserRoles } from '../../core/authorization-provider';
import type { Components } from '../../components/components';

/** The warnings of the app's authorization providers about their own rules. */
export function ruleWarnings(
  routes: readonly Access[],
  { authorizationProviders }: Components,
  roles: UserRoles | undefined,
): AccessWarning[] {
  return authorizationProviders.flatMap((provider) =>
    [...(provider.get().warnings?.({ routes, roles }) ?? [])].map(({ code, message }) => ({
      code,
      action: provider.name,
      message: `${provider.name}: ${message}`,
    })),
  );
}

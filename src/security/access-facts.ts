import type { AccessFacts } from '../access/expected-access';
import type { Inspection } from './inspection';

/** The components that an app asks beside its guards. */
export function accessFacts({
  components,
  options,
}: Pick<Inspection, 'components' | 'options'>): AccessFacts {
  return {
    grants: options.grants,
    roleLoaders: components.roleLoaders.map(({ name }) => name),
    authorizationProviders: components.authorizationProviders.map(({ name }) => name),
  };
}

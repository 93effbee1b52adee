import type { AuthorizationProviderInterface } from '../core/authorization-provider';
import type { Constructor } from '../components/constructor';
import { register } from '../components/registry';

/**
 * Makes a class one of the app's authorization providers: a TypeDI singleton with normal constructor injection. All of
 * them must grant every guarded action.
 * @param order Lower orders are asked first; equal orders keep the order of decoration. @default 0
 */
export function AuthorizationProvider(order = 0): (cls: Constructor<AuthorizationProviderInterface>) => void {
  return (cls) => {
    register('authorizationProviders', cls, order);
  };
}

import type { AuthProviderInterface } from '../core/auth-provider';
import type { Constructor } from '../components/constructor';
import { register } from '../components/registry';

/**
 * Makes a class one of the app's authentication providers: a TypeDI singleton with normal constructor
 * injection. Lower orders are asked first; two providers with one order are refused at start.
 */
export function AuthProvider(order: number): (cls: Constructor<AuthProviderInterface>) => void {
  return (cls) => {
    register('providers', cls, order);
  };
}

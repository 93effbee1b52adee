import type { RoleLoaderInterface } from '../core/role-loader';
import type { Constructor } from '../components/constructor';
import { register } from '../components/registry';

/** Makes a class one of the app's role loaders: a TypeDI singleton with normal constructor injection. */
export function RoleLoader(): (cls: Constructor<RoleLoaderInterface>) => void {
  return (cls) => {
    register('roleLoaders', cls, 0);
  };
}

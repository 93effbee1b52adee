import type { UserstoreInterface } from '../core/userstore';
import type { Constructor } from '../components/constructor';
import { register } from '../components/registry';

/**
 * Makes a class the app's userstore: a TypeDI singleton with normal constructor injection.
 * @param order Lower orders of several stores are asked first; equal orders keep the order of decoration,
 * of which the start warns. @default 0
 */
export function Userstore(order = 0): (cls: Constructor<UserstoreInterface>) => void {
  return (cls) => {
    register('userstores', cls, order);
  };
}

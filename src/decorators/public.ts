import { keyOf } from '../util/member-name';

/** The classes that carry `@Public()` themselves. */
const openClasses = new WeakSet<object>();

/** The names of the methods that carry it, by the prototype that has them. */
const openMethods = new WeakMap<object, Set<string | symbol>>();

type PublicDecorator = (target: object, method?: string | symbol) => void;

/**
 * Opens an action, or every action that a class itself has, to anyone. On a method it opens the guards of
 * its own class and above, never a subclass's; a user that a parameter requires is required all the same.
 * Together with `@Authorized` on one target, or on a class whose base is guarded, it is refused at start.
 */
export function Public(): PublicDecorator {
  return (target, method) => {
    if (typeof target === 'function' && method === undefined) {
      openClasses.add(target);
      return;
    }
    // A static method is no action: it has the class as its target, and must not open the method of its name.
    const methods = openMethods.get(target) ?? new Set();
    openMethods.set(target, methods.add(keyOf(method)));
  };
}

/** True when this very class (no base of it) carries `@Public()`, on itself or on the named method. */
export function isPublic(cls: object, method?: string | symbol): boolean {
  if (method === undefined) return openClasses.has(cls);
  const { prototype } = cls as { readonly prototype: object };
  return openMethods.get(prototype)?.has(keyOf(method)) ?? false;
}

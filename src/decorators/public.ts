import { keyOf } from '../util/member-name';

/** The classes that carry `@Public()` themselves. */
const openClasses = new WeakSet<object>();

/** The names of the methods that carry it, by the prototype that declares them. */
const openMethods = new WeakMap<object, Set<string | symbol>>();

type PublicDecorator = (target: object, method?: string | symbol) => void;

/**
 * Opens an action to everyone, or every action that a class itself declares. On a method it lifts the guards of its own
 * class and of the base classes, never those of a subclass. A parameter that requires a user still requires a user. It
 * is refused at start together with `@Authorized` on the same target, and on a class whose base class is guarded.
 */
export function Public(): PublicDecorator {
  return (target, method) => {
    if (typeof target === 'function' && method === undefined) {
      openClasses.add(target);
      return;
    }
    // A static method is not an action: its target is the class, and it must not open the method of the same name.
    const methods = openMethods.get(target) ?? new Set();
    openMethods.set(target, methods.add(keyOf(method)));
  };
}

/** True if this class itself, not a base class, carries `@Public()`, on the class or on the named method. */
export function isPublic(cls: object, method?: string | symbol): boolean {
  if (method === undefined) return openClasses.has(cls);
  const { prototype } = cls as { readonly prototype: object };
  return openMethods.get(prototype)?.has(keyOf(method)) ?? false;
}

/** Which targets carry `@Public()`: the class itself under `undefined`, its methods by name. */
const openTargets = new WeakMap<object, Set<string | undefined>>();

type PublicDecorator = (target: object, method?: string | symbol) => void;

/**
 * Opens an action, or every action that a class itself has, to anyone. On a method it opens the guards of
 * its own class and above, never a subclass's. Together with `@Authorized` on one target, or on a class
 * whose base is guarded, it is refused at start.
 */
export function Public(): PublicDecorator {
  return (target, method) => {
    const cls = typeof target === 'function' ? target : target.constructor;
    const targets = openTargets.get(cls) ?? new Set();
    openTargets.set(cls, targets.add(method === undefined ? undefined : String(method)));
  };
}

/** True when this very class (no base of it) carries `@Public()`, on itself or on the named method. */
export function isPublic(cls: object, method?: string): boolean {
  return openTargets.get(cls)?.has(method) ?? false;
}

import { keyOf } from '../util/member-name';

/**
 * Which of the host's metadata stands on a class, and which on one of its methods.
 *
 * `@Authorized`, `@UseBefore` and `@UseInterceptor` take a method for a class where its name is falsy (`''`,
 * `0`): their metadata then has the prototype as its target, where the host never looks. Routes on such
 * methods and on methods named by a symbol are served all the same.
 */
interface Declaration {
  readonly target: object;
  readonly method?: unknown;
}

interface Declaring {
  readonly name: string;
  readonly prototype: object;
}

/** True for what a decorator on the class itself wrote, as the host reads it. */
export function isOnClass({ target, method }: Declaration, cls: object): boolean {
  return target === cls && !method;
}

/** True for what a decorator on the class's own method of that name wrote. */
export function isOnMethod({ target, method }: Declaration, cls: Declaring, name: unknown): boolean {
  const isMethod = target === cls.prototype || (target === cls && method !== undefined);
  return isMethod && keyOf(method) === keyOf(name);
}

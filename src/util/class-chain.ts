/** A class in a chain of base classes. */
export interface ClassLike {
  readonly name: string;
  readonly prototype: object;
}

/** The class and its base classes, the class first. */
export function classChain(cls: object): ClassLike[] {
  const chain: ClassLike[] = [];
  for (let next: unknown = cls; isClass(next); next = Object.getPrototypeOf(next)) chain.push(next);
  return chain;
}

function isClass(value: unknown): value is ClassLike {
  return typeof value === 'function' && value !== Function.prototype;
}

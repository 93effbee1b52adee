/** A class of the way up. */
export interface ClassLike {
  readonly name: string;
  readonly prototype: object;
}

/** The class and its bases, the class first. */
export function classChain(cls: object): ClassLike[] {
  const chain: ClassLike[] = [];
  for (let next: unknown = cls; isClass(next); next = Object.getPrototypeOf(next)) chain.push(next);
  return chain;
}

function isClass(value: unknown): value is ClassLike {
  return typeof value === 'function' && value !== Function.prototype;
}

/** The property key for a method's name: decorators of `0() {}` receive a number. */
export function keyOf(name: unknown): string | symbol {
  return typeof name === 'symbol' ? name : String(name);
}

/** For example `Notes.list`, `Notes['']` or `Notes[Symbol(list)]`. */
export function memberName({ name }: { readonly name: string }, method: unknown): string {
  const key = keyOf(method);
  if (typeof key === 'symbol') return `${name}[${String(key)}]`;
  return key === '' ? `${name}['']` : `${name}.${key}`;
}

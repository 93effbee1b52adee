/**
 * What is loaded when it is first asked for, and once. The function calls `require` with the name written out, so that
 * bundlers see it.
 */
export function lazy<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined;
  return () => (loaded ??= { value: load() }).value;
}

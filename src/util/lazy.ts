/**
 * A value that is loaded on first use, and once. The function must call `require` with a literal name, so that bundlers
 * see it.
 */
export function lazy<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined;
  return () => (loaded ??= { value: load() }).value;
}

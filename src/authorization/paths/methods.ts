/** A GET handler also answers HEAD, so a rule for GET also applies to HEAD. */
export function holdsFor(methods: ReadonlySet<string>, method: string): boolean {
  return methods.has('*') || methods.has(method) || (method === 'HEAD' && methods.has('GET'));
}

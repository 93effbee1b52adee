/** HEAD is answered by what answers GET, so a rule for GET is one for HEAD too. */
export function holdsFor(methods: ReadonlySet<string>, method: string): boolean {
  return methods.has('*') || methods.has(method) || (method === 'HEAD' && methods.has('GET'));
}

/** Characters of a scope, and of other values that are listed like scopes. @see RFC 6749 section 3.3 */
const SCOPE = /^[!#-[\]-~]+$/;

export function isScope(value: unknown): value is string {
  return typeof value === 'string' && SCOPE.test(value);
}

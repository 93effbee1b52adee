/** Characters of a scope, and of what is listed as scopes are. @see RFC 6749 section 3.3 */
const SCOPE = /^[!#-[\]-~]+$/;

export function isScope(value: unknown): value is string {
  return typeof value === 'string' && SCOPE.test(value);
}

/**
 * A path that matches a route, with its parameters filled in; undefined for a route that is not written as a path.
 */
export function samplePath(route: string, params: Readonly<Record<string, string>>): string | undefined {
  const value = (name: string) =>
    encodeURIComponent(Object.hasOwn(params, name) ? (params[name] ?? '1') : '1');
  const path = route
    .replace(/:(\w+)(?:\([^)]*\))?[?*+]?/g, (_match, name: string) => value(name))
    .replace(/\(\.\*\)|\*\w*/g, 'x')
    .replace(/[{}]/g, '');
  return path.startsWith('/') ? path : undefined;
}

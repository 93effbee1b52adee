/**
 * A path that a route matches, its parameters filled in; undefined for a regular expression, of which none
 * can be told.
 */
export function samplePath(route: string, params: Readonly<Record<string, string>>): string | undefined {
  if (!route.startsWith('/')) return undefined;
  return route
    .replace(/:(\w+)(?:\([^)]*\))?[?*+]?/g, (_match, name: string) => encodeURIComponent(params[name] ?? '1'))
    .replace(/\*\w*/g, 'x');
}

/** Guards of plain routers are named after their routes by convention: `GET /notes/:id`. */
import type { Access } from '../core/access';
import { RoutePath } from '../guards/route-path';

export interface Requested {
  readonly method: string;
  readonly path: string;
}

/** A name of this form has no wildcards, groups or other syntax of routers. */
const ROUTE_NAME = /^guard (?<verb>[A-Z]+) (?<pattern>(?:\/:?[\w.~-]*)+)$/;

/**
 * False for a guard that is named after another route. The name has the path below the mount of its router, so the end
 * of the requested path is compared.
 */
export function mayApply({ action }: Access, { method, path }: Requested): boolean {
  const { verb, pattern } = ROUTE_NAME.exec(action)?.groups ?? {};
  if (verb === undefined || pattern === undefined) return true;
  // Routers answer HEAD as GET.
  if (verb !== method && !(verb === 'GET' && method === 'HEAD') && verb !== 'ALL') return false;
  const [target = ''] = path.split('?', 1);
  const below = target.split('/').slice(-(pattern.split('/').length - 1));
  return new RoutePath(pattern).match(`/${below.join('/')}`) !== undefined;
}

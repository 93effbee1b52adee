/**
 * The paths of the library's own routes. They are compared as sent: case counts, and so do a final slash and the
 * spelling of each character.
 */
import type { RouteParams } from '../http/route-parameter';

/** @param pattern a path whose segments are literal, or parameters such as `:id` */
export class RoutePath {
  readonly #segments: readonly string[];

  constructor(readonly pattern: string) {
    this.#segments = pattern.split('/');
  }

  /** The parameters in a path, each decoded once; undefined if the path does not match. */
  match(path: string): RouteParams | undefined {
    const segments = path.split('/', this.#segments.length + 1);
    if (segments.length !== this.#segments.length) return undefined;
    const params = Object.create(null) as Record<string, unknown>;
    for (const [index, own] of this.#segments.entries()) {
      const segment = segments[index] ?? '';
      if (!own.startsWith(':')) {
        if (segment !== own) return undefined;
      } else {
        if (segment === '') return undefined;
        params[own.slice(1)] = decoded(segment);
      }
    }
    return params;
  }

  /** True if some path matches both. */
  overlaps(other: RoutePath): boolean {
    const { length } = this.#segments;
    return (
      length === other.#segments.length &&
      this.#segments.every((own, index) => {
        const its = other.#segments[index] ?? '';
        return own === its || own.startsWith(':') || its.startsWith(':');
      })
    );
  }
}

/** A segment that cannot be decoded stays as it is: no id is spelt so. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

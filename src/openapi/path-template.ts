import { isOptional, type Part, SEGMENT } from '../access/warnings/route-pattern';

export interface PathParameter {
  readonly name: string;
  /** The accepted values, as the source of a regular expression; undefined for a whole segment. */
  readonly source: string | undefined;
}

/** A path in the notation of OpenAPI: `/notes/{id}`. @see OpenAPI Specification 3.1.1 section 4.8.8 */
export interface PathTemplate {
  readonly path: string;
  readonly parameters: readonly PathParameter[];
}

/** Names that are valid both in a template and in a route. */
const NAME = /^\w+$/;

/**
 * The parts of a route as a template. Undefined if OpenAPI cannot express the route: a parameter that accepts slashes
 * or repeats, a name that occurs twice, an optional part inside another part.
 */
export function templateOf(parts: readonly Part[]): PathTemplate | undefined {
  const parameters: PathParameter[] = [];
  const written = write(parts, parameters);
  const path = written?.replace(/\/$/, '');
  if (path === undefined || (path !== '' && !path.startsWith('/'))) return undefined;
  const names = new Set(parameters.map(({ name }) => name));
  if (names.size < parameters.length) return undefined;
  return { path: path === '' ? '/' : path, parameters };
}

/** The template without parameter names: equal for templates that differ only in these names. */
export function shapeOf(path: string): string {
  return path.replace(/(?<=.)\/$/, '').replace(/\{[^{}]*\}/g, '{}');
}

/** The names in a template, in order. */
export function namesIn(path: string): string[] {
  return [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
}

function write(parts: readonly Part[], parameters: PathParameter[]): string | undefined {
  let text = '';
  for (const part of parts) {
    const written = writePart(part, parameters);
    if (written === undefined) return undefined;
    text += written;
  }
  return text;
}

function writePart(part: Part, parameters: PathParameter[]): string | undefined {
  // A template cannot have braces in its text, and no path has `?` or `#`, which begin the query and the fragment.
  if (part.kind === 'text') return /[{}?#]/.test(part.text) ? undefined : part.text;
  if (part.modifier === '*' || part.modifier === '+') return undefined;
  if (part.kind === 'group') {
    const isText =
      part.parts.length === 1 && part.parts[0]?.kind === 'text' && part.parts[0].text.length === 1;
    // A letter before a question mark: only one of three routers reads it as optional.
    return isText || part.parts.some(isOptional) ? undefined : write(part.parts, parameters);
  }
  const { name, source, prefix } = part;
  if (!NAME.test(name) || (source !== SEGMENT && mayTakeSlash(source))) return undefined;
  parameters.push({ name, source: source === SEGMENT ? undefined : source });
  return `${prefix}{${name}}`;
}

/** True if a character of the expression may match a slash, or if this is uncertain. */
function mayTakeSlash(source: string): boolean {
  const characters =
    source.match(/\[(?:[^\\\]]|\\[^])*\]|\\u\{[^}]*\}|\\u\w{4}|\\x\w{2}|\\\d{1,3}|\\[pP]\{[^}]*\}|\\?[^]/g) ??
    [];
  return characters.some((character) => {
    if (/^[()|*+?{}^$]$/.test(character)) return false;
    try {
      return new RegExp(`^${character}$`, /^\\(?:u\{|p)/i.test(character) ? 'u' : '').test('/');
    } catch {
      return true;
    }
  });
}

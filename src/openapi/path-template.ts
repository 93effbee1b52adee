import { isOptional, type Part, SEGMENT } from '../access/warnings/route-pattern';

export interface PathParameter {
  readonly name: string;
  /** What it takes, as the source of a regular expression; undefined for a whole segment. */
  readonly source: string | undefined;
}

/** A path as OpenAPI writes it: `/notes/{id}`. @see OpenAPI Specification 3.1.1 section 4.8.8 */
export interface PathTemplate {
  readonly path: string;
  readonly parameters: readonly PathParameter[];
}

/** Names that can be read from a template and a route alike. */
const NAME = /^\w+$/;

/**
 * The parts of a route as a template. Undefined for what OpenAPI has no word for: a parameter that takes slashes or
 * comes several times, a name that comes twice, parts that are optional inside of others.
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

/** The same for templates that differ in the names of their parameters only. */
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
  // Neither is in any path: the query begins there.
  if (part.kind === 'text') return /[{}?#]/.test(part.text) ? undefined : part.text;
  if (part.modifier === '*' || part.modifier === '+') return undefined;
  if (part.kind === 'group') {
    const isText =
      part.parts.length === 1 && part.parts[0]?.kind === 'text' && part.parts[0].text.length === 1;
    // A letter before a question mark: one router of three reads it so.
    return isText || part.parts.some(isOptional) ? undefined : write(part.parts, parameters);
  }
  const { name, source, prefix } = part;
  if (!NAME.test(name) || (source !== SEGMENT && mayTakeSlash(source))) return undefined;
  parameters.push({ name, source: source === SEGMENT ? undefined : source });
  return `${prefix}{${name}}`;
}

/** True where one of the characters that an expression is made of may stand for a slash, and in doubt. */
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

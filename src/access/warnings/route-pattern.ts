/**
 * A route's text as a regular expression, and paths that it matches. Each host's router has a syntax of its own: this
 * module reads all of them (`:id?`, `:id(\d+)`, `{/:id}`, `*`, `*rest`).
 */
import { samplesOf } from './regexp-samples';

export interface Text {
  readonly kind: 'text';
  readonly text: string;
}

export interface Variable {
  readonly kind: 'variable';
  /** The parameter's name; a parameter without a name is known by its number. */
  readonly name: string;
  /** The source of the regular expression that the value must match. */
  readonly source: string;
  /** The slash or dot before it, which is optional together with it. */
  readonly prefix: string;
  readonly modifier: Modifier;
}

export interface Group {
  readonly kind: 'group';
  readonly parts: readonly Part[];
  readonly modifier: Modifier;
}

export type Part = Text | Variable | Group;
type Modifier = '' | '?' | '*' | '+';

const VARIANTS = 9;
/** The expression for a parameter that has no expression of its own. */
export const SEGMENT = '[^/]+?';
const REST = '.+';

/** Paths of one spelling of a route. */
export type Samples = readonly string[];

/** One spelling of a route: the parts that are present, including optional ones, and paths made of them. */
export interface Choice {
  readonly parts: readonly Part[];
  readonly samples: Samples;
}

export class RoutePattern {
  private readonly parts: readonly Part[];

  constructor(route: string) {
    this.parts = new Reader(route).parts();
  }

  /** The same for routes that differ in the names of their parameters only. */
  get source(): string {
    const source = sourceOf(this.parts).replace(/\/$/, '');
    return `^${source}/?$`;
  }

  /**
   * Returns some paths for each choice of its optional parts, with different texts for its parameters. Not all of them
   * need to match.
   */
  choices(): Choice[] {
    const words = new Words();
    return choicesOf(this.parts.filter(isOptional)).map((left) => {
      const parts = this.parts.filter((part) => !left.includes(part));
      const count = parts.every(isText) ? 1 : VARIANTS;
      const samples = Array.from({ length: count }, (_, variant) => textOf(parts, variant, words) || '/');
      return { parts, samples };
    });
  }

  /** Number of optional parts: if there are more than three, not every choice is tried. */
  get optionalCount(): number {
    return this.parts.filter(isOptional).length;
  }

  /**
   * The segments that every path of the route begins with, null for a segment that may be any text; and whether these
   * are all its segments.
   */
  leading(): { readonly segments: readonly (string | null)[]; readonly isAll: boolean } {
    const end = this.parts.findIndex((part) => !isText(part) && !isSegment(part));
    const known = end < 0 ? this.parts : this.parts.slice(0, end);
    const segments = known
      .map((part) => (isText(part) ? part.text : '\0'))
      .join('')
      .split('/');
    // The last segment may continue in the part that follows.
    if (end >= 0) segments.pop();
    const mixed = segments.findIndex((segment) => segment.includes('\0') && segment !== '\0');
    return {
      segments: (mixed < 0 ? segments : segments.slice(0, mixed)).map((text) =>
        text === '\0' ? null : text,
      ),
      isAll: end < 0 && mixed < 0,
    };
  }
}

function isText(part: Part): part is Text {
  return part.kind === 'text';
}

function isSegment(part: Part): boolean {
  return part.kind === 'variable' && part.source === SEGMENT && part.modifier === '';
}

export function isOptional(part: Part): boolean {
  return !isText(part) && (part.modifier === '?' || part.modifier === '*');
}

/** The combinations of parts to leave out. With many optional parts: no part, all parts and each part by itself. */
function choicesOf(optional: readonly Part[]): (readonly Part[])[] {
  if (optional.length > 3) return [[], optional, ...optional.map((part) => [part])];
  return optional.reduce<(readonly Part[])[]>(
    (choices, part) => [...choices, ...choices.map((choice) => [...choice, part])],
    [[]],
  );
}

function sourceOf(parts: readonly Part[]): string {
  return parts
    .map((part, position) => {
      if (part.kind === 'text') return escaped(part.text);
      const inner =
        part.kind === 'group'
          ? sourceOf(part.parts)
          : `${escaped(part.prefix)}(?:${part.source === SEGMENT ? segmentAt(parts, position, part) : part.source})`;
      return part.modifier === '' ? inner : `(?:${inner})${part.modifier}`;
    })
    .join('');
}

/** If two parameters share a segment, the second one cannot contain the text between them. */
function segmentAt(parts: readonly Part[], position: number, { prefix }: Variable): string {
  const [before, between] = [parts[position - 2], parts[position - 1]];
  if (before?.kind !== 'variable' || between?.kind !== 'text') return SEGMENT;
  const text = between.text + prefix;
  return text === '' || text.includes('/') ? SEGMENT : `(?:(?!${escaped(text)})[^/])+?`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function textOf(parts: readonly Part[], variant: number, words: Words): string {
  return parts
    .map((part, position) => {
      if (part.kind === 'text') return part.text;
      const once = (at: number) =>
        part.kind === 'group'
          ? textOf(part.parts, at, words)
          : part.prefix + words.take(part.source, at + position);
      const isRepeated = (part.modifier === '*' || part.modifier === '+') && variant % 2 === 1;
      return isRepeated ? once(variant) + once(variant + 1) : once(variant);
    })
    .join('');
}

/** Sample values of a parameter: a route that matches all of them is assumed to match any value. */
const WORDS: readonly string[] = ['x', '1', 'a-b.c_d~E'];
const PATHS: readonly string[] = ['x', '1/x', 'a-b.c_d~E'];

class Words {
  private readonly bySource = new Map<string, readonly string[]>([
    [SEGMENT, WORDS],
    [REST, PATHS],
    ['.*', PATHS],
  ]);

  take(source: string, index: number): string {
    const words = this.bySource.get(source) ?? samplesOf(source);
    this.bySource.set(source, words);
    return words[index % words.length] ?? '';
  }
}

class Reader {
  private at = 0;
  private nameless = 0;

  constructor(private readonly route: string) {}

  /** Reads up to the end of the route or of a group. */
  parts(): Part[] {
    const parts: Part[] = [];
    while (this.at < this.route.length && this.route.charAt(this.at) !== '}') {
      const variable = this.variable();
      if (variable !== undefined) {
        const modifier = this.modifier();
        const prefix = modifier === '' ? '' : takePrefix(parts);
        parts.push({ kind: 'variable', ...variable, prefix, modifier });
      } else if (this.take(/\{/y) !== undefined) {
        const inside = this.parts();
        this.take(/\}/y);
        parts.push({ kind: 'group', parts: inside, modifier: this.modifier() || '?' });
      } else {
        const text = this.take(/\\?[^]/y)?.slice(-1) ?? '';
        // A star after a text is a wildcard.
        const modifier = (this.take(/[?+]/y) ?? '') as Modifier;
        if (modifier === '') addText(parts, text);
        else parts.push({ kind: 'group', parts: [{ kind: 'text', text }], modifier });
      }
    }
    return parts;
  }

  /** Undefined if no parameter begins here. */
  private variable(): Pick<Variable, 'name' | 'source'> | undefined {
    const star = this.take(/\*(\w*)/y);
    if (star !== undefined) return { name: this.nameOf(star), source: star === '*' ? '.*' : REST };
    const name = this.take(/:(?:\w+|"[^"]*")/y);
    const source = this.pattern() ?? (name === undefined ? undefined : SEGMENT);
    return source === undefined ? undefined : { name: this.nameOf(name), source };
  }

  /** The name after its colon or star; a parameter without a name is numbered. */
  private nameOf(written = ''): string {
    const name = written.slice(1).replace(/^"(.*)"$/, '$1');
    if (name !== '') return name;
    this.nameless += 1;
    return String(this.nameless - 1);
  }

  private pattern(): string | undefined {
    if (this.route.charAt(this.at) !== '(') return undefined;
    let depth = 0;
    for (let end = this.at; end < this.route.length; end += 1) {
      const character = this.route.charAt(end);
      if (character === '\\') end += 1;
      else if (character === '(') depth += 1;
      else if (character === ')') depth -= 1;
      if (depth > 0) continue;
      const source = this.route.slice(this.at + 1, end);
      this.at = end + 1;
      return source;
    }
    return undefined;
  }

  private modifier(): Modifier {
    // A star before a word is a separate wildcard.
    return (this.take(/[?+]|\*(?!\w)/y) ?? '') as Modifier;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.route)?.[0];
    this.at += text?.length ?? 0;
    return text;
  }
}

function addText(parts: Part[], text: string): void {
  const last = parts.at(-1);
  if (last?.kind === 'text') parts[parts.length - 1] = { kind: 'text', text: last.text + text };
  else parts.push({ kind: 'text', text });
}

function takePrefix(parts: Part[]): string {
  const last = parts.at(-1);
  if (last?.kind !== 'text' || !/[./]$/.test(last.text)) return '';
  parts[parts.length - 1] = { kind: 'text', text: last.text.slice(0, -1) };
  return last.text.slice(-1);
}

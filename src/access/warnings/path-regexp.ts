/**
 * Decides whether a regular expression can match the path of any request. In doubt the answer is yes.
 *
 * The walk through the expression tracks the places where a match may be: at the first character of the path or after
 * it, and whether `$` has been passed. A path begins with a slash and has no line break.
 */

/** A set of places, as bits. */
type Places = number;
const FIRST: Places = 1;
const LATER: Places = 2;
const FIRST_ENDED: Places = 4;
const LATER_ENDED: Places = 8;
const AT_FIRST = FIRST | FIRST_ENDED;

export function canMatchPath(source: string): boolean {
  const walk = new Walk(source);
  const ends = walk.alternatives(FIRST | LATER);
  return ends !== 0 || !walk.isAtEnd;
}

class Walk {
  private at = 0;

  constructor(private readonly source: string) {}

  /** False if the source was not understood. */
  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  /** Reads up to the end of the source or of a group. */
  alternatives(from: Places): Places {
    let ends = this.sequence(from);
    while (this.take('|')) ends |= this.sequence(from);
    return ends;
  }

  private sequence(from: Places): Places {
    let places = from;
    while (!this.isAtEnd && !/[|)]/.test(this.source.charAt(this.at))) places = this.quantified(places);
    return places;
  }

  private quantified(from: Places): Places {
    const start = this.at;
    let places = this.term(from);
    const end = this.at;
    const [least, most] = this.quantifier();
    const next = this.at;
    const again = (places: Places) => {
      this.at = start;
      return this.term(places);
    };
    if (least === 0) places |= from;
    // Places only move forward, so two more rounds reach every place that any number of rounds reaches.
    for (let round = 1; round < 3 && end > start; round += 1) {
      const after = again(places);
      if (round < least) places = after;
      else if (round < most) places |= after;
    }
    this.at = next;
    return most === 0 ? from : places;
  }

  private quantifier(): [least: number, most: number] {
    const match = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.source.slice(this.at));
    if (match === null) return [1, 1];
    this.at += match[0].length;
    const [, sign, least, comma, most] = match;
    if (sign !== undefined) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity];
    if (most !== '') return [Number(least), Number(most)];
    return [Number(least), comma === '' ? Number(least) : Infinity];
  }

  private term(from: Places): Places {
    const { source } = this;
    if (this.take('^')) return from & AT_FIRST;
    if (this.take('$')) return ended(from);
    if (this.take('(')) return this.group(from);
    if (source.charAt(this.at) === '[') return this.characterClass(from);
    const escaped = /^\\(?:u\{[^}]*\}|u\w{4}|x\w{2}|c\w|[pPk][{<][^>}]*[>}]|\d+|[^])/.exec(
      source.slice(this.at),
    );
    const text = escaped?.[0] ?? source.charAt(this.at);
    this.at += text.length;
    if (/^\\[bB]$/.test(text)) return from;
    if (/^\\(?:[1-9k])/.test(text)) return from | consumed(from, true);
    // A word or punctuation character stands for itself; any other escape may stand for a slash.
    const isSlash = text === '/' || text === '\\/' || text === '.' || /^\\\w/.test(text);
    return consumed(from, isSlash);
  }

  private group(from: Places): Places {
    const opening = /^\?(?:<?[=!]|<[^>]*>|[\w-]*:)/.exec(this.source.slice(this.at))?.[0] ?? '';
    this.at += opening.length;
    const inside = this.alternatives(from);
    this.take(')');
    // Lookarounds are not evaluated.
    return /[=!]$/.test(opening) ? from : inside;
  }

  private characterClass(from: Places): Places {
    const whole = /^\[(?:[^\\\]]|\\[^])*\]/.exec(this.source.slice(this.at))?.[0] ?? '[';
    this.at += whole.length;
    return consumed(from, true);
  }

  private take(character: string): boolean {
    const isNext = this.source.charAt(this.at) === character;
    if (isNext) this.at += 1;
    return isNext;
  }
}

/** The places after one more character. */
function consumed(from: Places, mayBeSlash: boolean): Places {
  return (from & LATER) !== 0 || ((from & FIRST) !== 0 && mayBeSlash) ? LATER : 0;
}

function ended(from: Places): Places {
  const first = (from & AT_FIRST) !== 0 ? FIRST_ENDED : 0;
  return (from & (LATER | LATER_ENDED)) !== 0 ? first | LATER_ENDED : first;
}

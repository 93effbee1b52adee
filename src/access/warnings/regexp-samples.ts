/**
 * Texts that a regular expression is likely to match. The caller tests each text: lookarounds, back references and
 * unknown syntax are skipped here.
 */

/** A character class is represented by the first of these that it matches, so they are of different kinds. */
const CHARACTERS = [
  ...new Set(
    [...Buffer.from('x1aZ0-9_.~'), ...Array.from({ length: 95 }, (_, index) => 32 + index)].map((code) =>
      String.fromCharCode(code),
    ),
  ),
];
const MAX_LENGTH = 256;
const MAX_VARIANTS = 32;

/** Different texts if the expression matches different ones; empty if the expression is not understood. */
export function samplesOf(source: string): string[] {
  const alternatives = source.split('|').length;
  const variants = Math.min(Math.max(9, alternatives), MAX_VARIANTS);
  try {
    const texts = Array.from({ length: variants }, (_, variant) =>
      new Sampler(source, variant).alternatives(),
    );
    return [...new Set(texts)];
  } catch {
    return [];
  }
}

class Sampler {
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly variant: number,
  ) {}

  /** Reads up to the end of the source or of a group. */
  alternatives(): string {
    const texts = [this.sequence()];
    while (this.take(/\|/y) !== undefined) texts.push(this.sequence());
    return texts[this.variant % texts.length] ?? '';
  }

  private sequence(): string {
    let text = '';
    while (this.at < this.source.length && !/[|)]/.test(this.source.charAt(this.at)))
      text += this.quantified();
    if (text.length > MAX_LENGTH) throw new RangeError('too long');
    return text;
  }

  private quantified(): string {
    const text = this.term();
    const quantifier = this.take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y);
    if (quantifier === undefined) return text;
    const [, least = quantifier.startsWith('+') ? '1' : '0', most] =
      /^\{(\d+)(?:,(\d*))?\}/.exec(quantifier) ?? [];
    const min = Number(least);
    const isOpen = most === '' || /^[*+]/.test(quantifier);
    const max = isOpen ? min + 2 : quantifier.startsWith('?') ? 1 : Number(most ?? least);
    const count = [Math.max(min, Math.min(1, max)), min, max][this.variant % 3] ?? min;
    if (count * text.length > MAX_LENGTH) throw new RangeError('too long');
    return text.repeat(count);
  }

  private term(): string {
    if (this.take(/[$^]|\\[bB]/y) !== undefined) return '';
    const opening = this.take(/\((?:\?(?:<?[=!]|<[^>]*>|[\w-]*:))?/y);
    if (opening !== undefined) {
      const inside = this.alternatives();
      this.take(/\)/y);
      return /[=!]$/.test(opening) ? '' : inside;
    }
    const oneOfMany = this.take(
      /\[(?:[^\\\]]|\\[^])*\]|\.|\\(?:u\{[^}]*\}|u\w{4}|x\w{2}|c\w|[pPk][{<][^>}]*[>}]|\w)/y,
    );
    if (oneOfMany !== undefined) return this.characterOf(oneOfMany);
    return this.take(/\\?[^]/y)?.slice(-1) ?? '';
  }

  private characterOf(text: string): string {
    const one = new RegExp(`^${text}$`, /^\\(?:u\{|p)/i.test(text) ? 'u' : '');
    const taken = CHARACTERS.filter((character) => one.test(character)).slice(0, 3);
    return taken[Math.floor(this.variant / 3) % taken.length] ?? '';
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.source)?.[0];
    this.at += text?.length ?? 0;
    return text;
  }
}

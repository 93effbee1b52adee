/** A range of a text and its replacement. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text as lines and columns, for cutting pieces out of it. */
export class SourceText {
  readonly eol: string;

  constructor(readonly text: string) {
    this.eol = text.includes('\r\n') ? '\r\n' : '\n';
  }

  /** The end of the last content before the offset. */
  contentEnd(offset: number): number {
    let at = offset;
    while (at > 0 && /\s/.test(this.text[at - 1] ?? '')) at -= 1;
    return at;
  }

  /** The end of the line, without its line break, on which the content before the offset ends. */
  lineEnd(offset: number): number {
    const end = this.text.indexOf('\n', this.contentEnd(offset));
    if (end === -1) return this.text.length;
    return this.text[end - 1] === '\r' ? end - 1 : end;
  }

  lineStart(offset: number): number {
    return offset === 0 ? 0 : this.text.lastIndexOf('\n', offset - 1) + 1;
  }

  nextLine(offset: number): number {
    const end = this.text.indexOf('\n', offset);
    return end === -1 ? this.text.length : end + 1;
  }

  /** As many spaces as there are characters before the offset on its line. */
  margin(offset: number): string {
    return ' '.repeat(offset - this.lineStart(offset));
  }

  /** True if there are only spaces before the offset on its line. */
  isIndent(offset: number): boolean {
    return this.text.slice(this.lineStart(offset), offset).trim() === '';
  }

  /** True if the line above the offset's line is empty. */
  isSpaced(offset: number): boolean {
    return /\n\r?\n$/.test(this.text.slice(Math.max(0, this.lineStart(offset) - 3), this.lineStart(offset)));
  }

  /** The text with all these splices applied; undefined if two of them overlap. */
  with(splices: readonly Splice[]): string | undefined {
    const parts: string[] = [];
    let at = 0;
    for (const { start, end, text } of [...splices].sort((one, other) => one.start - other.start)) {
      if (start < at) return undefined;
      parts.push(this.text.slice(at, start), text);
      at = end;
    }
    return parts.join('') + this.text.slice(at);
  }
}

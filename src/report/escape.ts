import { printable } from '../util/printable';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML and SVG, also inside a quoted attribute; control characters are spelled out. */
export function markupText(text: string): string {
  return printable(text, 2000).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A quoted CSS string: every character but ASCII letters and digits is written as its code point. */
export function cssString(text: string): string {
  const escaped = printable(text, 200).replace(
    /[^a-z0-9]/giu,
    (character) => `\\${(character.codePointAt(0) ?? 0).toString(16)} `,
  );
  return `"${escaped}"`;
}

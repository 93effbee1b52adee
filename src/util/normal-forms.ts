/** The normal form in which texts are stored: a letter is the same however a keyboard or a system encodes it. */
export function normalForm(text: string): string {
  return text.normalize('NFC');
}

/**
 * The forms in which a typed text may be stored: the text itself first, then the other normal forms. Their number
 * depends on the typed text alone.
 * @see NIST SP 800-63B-4 section 3.1.1.2
 */
export function formsOf(text: string): readonly [string, ...string[]] {
  const others = new Set([normalForm(text), text.normalize('NFD')]);
  others.delete(text);
  return [text, ...others];
}

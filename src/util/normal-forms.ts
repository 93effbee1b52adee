/** The normal form in which texts are kept: a letter is the same however a keyboard or a system writes it. */
export function normalForm(text: string): string {
  return text.normalize('NFC');
}

/**
 * What a typed text may have been kept as: itself first, then the other normal forms. How many they are depends on the
 * typed text alone.
 * @see NIST SP 800-63B-4 section 3.1.1.2
 */
export function formsOf(text: string): readonly [string, ...string[]] {
  const others = new Set([normalForm(text), text.normalize('NFD')]);
  others.delete(text);
  return [text, ...others];
}

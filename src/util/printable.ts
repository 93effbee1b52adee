/**
 * Text that is safe on one log line: control, bidirectional and line-separating characters become `\uXXXX`, lone
 * surrogates U+FFFD, and text beyond `maxLength` is cut off.
 */
export function printable(text: string, maxLength = 256): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.toWellFormed().replace(
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

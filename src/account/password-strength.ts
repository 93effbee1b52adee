/**
 * The requirements for a new password: long, not the user's name, and not a common password. There are no requirements
 * for the kinds of characters.
 * @see NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2
 */
import { isLonger, MAX_PASSWORD_BYTES } from '../passwords/password-text';
import { normalForm } from '../util/normal-forms';
import { optional, wholeNumber } from '../util/option-kinds';
import { isCommon } from './common-passwords';

/**
 * The minimum number of characters that must remain of a password without the user's name, or without a common word in
 * its middle.
 */
const MIN_REST = 8;
const MIN_NAME_LENGTH = 3;
const MIN_DIFFERENT = 5;

/** The option for the minimum length of new passwords. */
export const MIN_LENGTH = optional(wholeNumber({ min: 8, max: 64 }), 12);

/**
 * The fault of a new password, as the rest of a sentence about it; undefined if it has no fault. It never quotes the
 * password.
 * @param names the user's names: username, e-mail address. Values that are not strings are ignored
 */
export function passwordFault(
  password: unknown,
  minLength: number,
  names: readonly unknown[],
): string | undefined {
  if (typeof password !== 'string') return 'must be a string';
  if (isLonger(password, MAX_PASSWORD_BYTES)) {
    return `must have at most ${String(MAX_PASSWORD_BYTES)} bytes`;
  }
  if (charactersOf(password) < minLength) return `must have at least ${String(minLength)} characters`;
  if (/[\p{Cc}\p{Cs}]/u.test(password)) return 'must not have control characters';
  const folded = fold(password);
  if (names.some((name) => isMadeOf(folded, name))) return 'must not be based on the user name';
  if (isCommon(folded) || isCommonWord(folded) || new Set(folded).size < MIN_DIFFERENT) {
    return 'must not be a common password';
  }
  return undefined;
}

function isMadeOf(folded: string, name: unknown): boolean {
  if (typeof name !== 'string') return false;
  return [name, name.replace(/@.*$/s, '')].map(fold).some((part) => {
    if (part.length < MIN_NAME_LENGTH || !folded.includes(part)) return false;
    return charactersOf(folded.replaceAll(part, '')) < MIN_REST;
  });
}

function charactersOf(text: string): number {
  return Array.from(normalForm(text)).length;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** True for a common word with a few digits and signs around it: `!sunshine2026`. */
function isCommonWord(folded: string): boolean {
  const word = folded.replace(/^\P{L}+/u, '').replace(/\P{L}+$/u, '');
  return isCommon(word) && charactersOf(folded) - charactersOf(word) < MIN_REST;
}

/**
 * Distinguishes functions with the same name, or without a name: eight hex digits of a hash of their source text.
 *
 * The fingerprint is the same in every process that runs the same build. Comments and layout do not count. Values that
 * a function closes over are not in its text, and a minifier or another compiler target changes the text.
 */
import { createHash } from 'node:crypto';
import { classChain } from '../util/class-chain';
import { quoted } from './rule-name';

/** The fingerprint of a function, or of a policy class with its base classes. */
export function fingerprint(target: object): string {
  const hash = createHash('sha256');
  for (const cls of classChain(target)) {
    // A class that is compiled to a function has its methods outside of its text.
    const check: unknown = (cls.prototype as { check?: unknown } | undefined)?.check;
    for (const part of [cls, check]) if (typeof part === 'function') hash.update(`${tokensOf(part)}\n`);
  }
  return hash.digest('hex').slice(0, 8);
}

/** A function by its name and its fingerprint. */
export function functionName(target: { readonly name: string }): string {
  return `${target.name === '' ? '(anonymous function)' : quoted(target.name)}#${fingerprint(target)}`;
}

/** After each of these, a slash begins a regular expression, which is kept unchanged. */
const BEFORE_REGEXP = String.raw`(?<=(?:[(=,:!&|?{};[+*%~^<>-]|\b(?:return|typeof|case|in|of|do|else))\s*)`;
const TOKEN = new RegExp(
  [
    String.raw`${BEFORE_REGEXP}\/(?![*/])(?:[^\\/[\n\r]|\\.|\[(?:[^\\\]\n\r]|\\.)*\])+\/\w*`,
    String.raw`(?<layout>(?:\s|\/\/.*|\/\*[^]*?\*\/)+)`,
    String.raw`(?<quote>['"${'`'}])(?:(?!\k<quote>)[^\\]|\\[^])*\k<quote>`,
    String.raw`(?<word>[\p{ID_Continue}$#@]+)`,
    String.raw`\\?[^]`,
  ].join('|'),
  'gu',
);
/** After each of these, a line break ends the statement. */
const RESTRICTED = new Set(['return', 'break', 'continue', 'throw', 'yield']);

/** A function's source without comments and layout, except if two tokens would merge. */
function tokensOf(target: object): string {
  let text = '';
  let layout = '';
  let word = '';
  for (const { 0: token, groups } of Function.prototype.toString.call(target).matchAll(TOKEN)) {
    if (groups?.['layout'] !== undefined) {
      layout = RESTRICTED.has(word) && /[\n\r]/.test(token) ? '\n' : ' ';
      continue;
    }
    const isWord = groups?.['word'] !== undefined;
    const isJoined = (isWord && word !== '') || (/[+\-/]/.test(token) && text.endsWith(token));
    text += (layout === '\n' || isJoined ? layout : '') + token;
    layout = '';
    word = isWord ? token : '';
  }
  return text;
}

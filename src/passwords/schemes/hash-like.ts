/**
 * Decides whether a stored text could be a hash of any kind, whole or damaged, readable here or not. A text that could
 * be a hash is never accepted as a plain password: otherwise anyone who has read the store could log in by typing the
 * stored text. In doubt it counts as a hash, so that some random-looking passwords are refused too.
 */

/** Each of these makes a text a possible hash, wherever it occurs. */
const SIGNS: readonly RegExp[] = [
  // Locked accounts and scheme marks at the start, padding at the end, and spaces that were not trimmed.
  /^["'`]?[$_!*{\s]|\s$|==$/,
  // Control and invisible characters, which are never typed, and the replacement for bytes that could not be decoded.
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u,
  // The whole text in quotes or brackets.
  /^\w?(["'`]).*\1$|^[“„‘‚«‹].*[”“’‘»›]$|^<.*>$|^\(.*\)$|^\[.*\]$/,
  // `$id$` and `{ID}`, also escaped as in URLs, HTML, JSON and dumps.
  /\$[^\s$]{1,64}\$|\{[^\s{}]{0,64}\}|^[\w.-]{1,64}\}|\}[\w.-]{1,64}\{|%24|%7b|&#(?:36|x24|123|x7b);|\\u00(?:24|7b)|\\x[0-9a-f]{2}|\\[0-7]{3}/i,
  // The name of a scheme.
  /argon2|bcrypt|scrypt|pbkdf2|pkcs5s2|hmac|ssha|blake2|ripemd/i,
  /(?<![a-z])(?:md[245]|sha[-_]?(?:1|2|3|224|256|384|512)|crc[-_]?(?:16|32|64))(?![a-z])/i,
  /(?<![a-z])(?:crypt|sha|md|nt|ntlm(?:v\d)?|lm|plain|clear|cleartext|unsalted|grub|phpass|scram|whirlpool|apr1|hash|digest)(?![a-z])[\w.-]*[:$=|]/i,
  // A digest, or its beginning, after a mark: `user:5f4dcc3b`, `md55f4dcc3b`, `0x5f4dcc3b`.
  /[$:|;=*#][\w./+-]{16,}$|[$:|;=*#](?=[a-z]*\d)[0-9a-f]{8,}(?![0-9a-z])|(?:0x|md5)[0-9a-f]{8,}/i,
  // Hexadecimal digits, bytes written as numbers, and the groups of bubble babble.
  /(?:[0-9a-f]{2}[\s:.,_-]?){7}[0-9a-f]{2}/i,
  /(?:(?<!\d)\d{1,3}[\s,;:]{1,3}){7}\d/,
  /^x[a-z]{4}(?:-[a-z]{5})+$/i,
  // crypt(3) by DES and its variants: a salt of two characters and digests of eleven.
  /^[./0-9A-Za-z]{2}(?:[./0-9A-Za-z]{11})+$/,
  // Words that imports and account tools write in place of a password.
  /^(?:x|np|lk|null|nil|none|nan|undefined|\\n|\[object \w+\])$/i,
];

/** Lengths of digests of 16, 20, 24, 28, 32, 48 and 64 bytes: in base64 and base58, and in base32 and base36. */
const IN_BOTH_CASES = new Set([21, 22, 27, 28, 32, 38, 43, 44, 64, 86, 87, 88]);
const IN_ONE_CASE = new Set([25, 26, 31, 32, 38, 39, 44, 45, 50, 52, 75, 77, 99, 103]);
/** A shorter text cannot hold a real digest. */
const SHORTEST = 11;
const SHORTEST_NOISE = 16;
/** A typed password has no longer run of letters and digits. */
const LONGEST_WORD = 40;

export function couldBeHash(text: string): boolean {
  const normal = text.normalize('NFKC');
  if (SIGNS.some((sign) => sign.test(text) || sign.test(normal))) return true;
  const tokens = normal.match(/[\w+/.-]+/g) ?? [];
  const runs = normal.match(/[!-~]+/g) ?? [];
  return [...tokens, ...ungrouped(normal)].some(isDigest) || runs.some(isNoise);
}

/** A text in groups of equal length, without the separators. */
function ungrouped(text: string): string[] {
  return [/\s+/, /[\s:.,_-]+/].flatMap((separator) => {
    const groups = text.split(separator);
    const [first = '', last = ''] = [groups[0], groups.at(-1)];
    const isEven = groups.slice(0, -1).every(({ length }) => length === first.length);
    return groups.length >= 2 && isEven && last.length <= first.length + 1 ? [groups.join('')] : [];
  });
}

/**
 * Random letters and digits change their kind at every second character. Words and numbers do so seldom: there a
 * capital and the lower-case letters after it count as one piece.
 */
function isDigest(token: string): boolean {
  const { length } = token;
  const kinds = [/[A-Z]/, /[a-z]/, /\d/].filter((kind) => kind.test(token)).length;
  if (length < SHORTEST || (kinds < 2 && !/^[A-Z]+$/.test(token))) return false;
  const groups = token.split(/[+/._-]/);
  const pieces = groups.map((group) => group.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g)?.length ?? 0);
  // There may be many words between hyphens; a group that changes its kind like a digest is not a word.
  if (groups.length > 1 && pieces.every((count) => count <= 2)) return false;
  const isInBothCases = /[A-Z]/.test(token) && /[a-z]/.test(token);
  if ((isInBothCases ? IN_BOTH_CASES : IN_ONE_CASE).has(length) && groups.length < 5) return true;
  if (kinds > 1 && groups.some((group) => group.length >= LONGEST_WORD)) return true;
  return pieces.reduce((sum, count) => sum + count, 0) > 3 + (length - 1) / 10;
}

/** Characters of all kinds without words among them, as in base85 and its variants. */
function isNoise(run: string): boolean {
  const pieces = run.match(/[A-Z]?[a-z]+|[A-Z]+|\d+|[^\w.-]+/g)?.length ?? 0;
  return run.length >= SHORTEST_NOISE && run.length < 2.5 * pieces;
}

/**
 * Text without secrets, for logs and events. An error may quote any client input, of any size. So only the part that
 * may be output is searched, plus a little more, so that no secret is cut in two at the end.
 */

/** Always secret: a password hash of any scheme. */
const HASHES = new RegExp(
  [
    String.raw`\$(?:2[abxy]?|[1567]|argon2[a-z]*|s?crypt|pbkdf2(?:-sha\d+)?|hmac-sha256)\$[^\s'"]{8,}`,
    String.raw`\b(?:argon2|bcrypt|bcrypt_sha256|pbkdf2_sha\d+|scrypt|sha1|crypt)\$[^\s'"]{8,}`,
    String.raw`\{[A-Za-z0-9-]{3,10}\}[A-Za-z0-9+/=$.]{8,}`,
  ].join('|'),
  'g',
);
/** Text that could be or contain a signed token. Each run is matched once, so that the time is linear in its length. */
const RUNS = /[\w.-]+/g;
const TOKEN_START = /\beyJ/;

const MASK = '***';
/** More than a line of a log. */
const MAX_LENGTH = 4000;
/** A hash or token that begins where the text is cut can be recognised within this length. */
const LOOK_AHEAD = 256;
const MAX_SECRETS = 256;
const MAX_SECRET_LENGTH = 65_536;

/** The start and end of a secret. */
type Place = readonly [start: number, end: number];

/**
 * Text without stored hashes, signed tokens and the given secrets, shortened if it is long. If there are too many or
 * too long secrets to search for, the whole text is withheld.
 */
export function masked(text: string, secrets: readonly string[] = []): string {
  const wanted = [...new Set(secrets)].filter((secret) => secret !== '');
  const longest = wanted.reduce((length, secret) => Math.max(length, secret.length), 0);
  if (wanted.length > MAX_SECRETS || longest > MAX_SECRET_LENGTH) return MASK;
  const window = text.slice(0, MAX_LENGTH + Math.max(longest, LOOK_AHEAD));
  const places = [
    ...wanted.flatMap((secret) => placesOf(window.slice(0, MAX_LENGTH + secret.length), secret)),
    ...hashesIn(window),
    ...tokensIn(window, window.length < text.length),
  ];
  return without(window, places, MAX_LENGTH);
}

/**
 * All places of a secret, including overlapping ones. Uses Knuth-Morris-Pratt, whose time is linear in both lengths:
 * `indexOf` can take a step for each pair of their characters.
 */
function placesOf(text: string, secret: string): Place[] {
  const borders = bordersOf(secret);
  const places: Place[] = [];
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    matched = continued(secret, borders, matched, text.charCodeAt(at));
    if (matched < secret.length) continue;
    places.push([at + 1 - matched, at + 1]);
    matched = borders[matched - 1] ?? 0;
  }
  return places;
}

/** For each prefix of a text, the length of its longest proper prefix that is also its suffix. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let matched = 0;
  for (let at = 1; at < text.length; at += 1) {
    matched = continued(text, borders, matched, text.charCodeAt(at));
    borders[at] = matched;
  }
  return borders;
}

function continued(text: string, borders: Int32Array, matched: number, next: number): number {
  let length = matched;
  while (length > 0 && text.charCodeAt(length) !== next) length = borders[length - 1] ?? 0;
  return text.charCodeAt(length) === next ? length + 1 : length;
}

function hashesIn(text: string): Place[] {
  return Array.from(text.matchAll(HASHES), ({ 0: hash, index }) => [index, index + hash.length]);
}

function tokensIn(text: string, isCut: boolean): Place[] {
  const places: Place[] = [];
  for (const { 0: run, index } of text.matchAll(RUNS)) {
    const start = run.search(TOKEN_START);
    if (start === -1) continue;
    const end = index + run.length;
    const mayGoOn = isCut && end === text.length;
    if (mayGoOn || run.slice(start).split('.', 3).length === 3) places.push([index + start, end]);
  }
  return places;
}

/** The text up to a length, with each place masked, and overlapping places masked as one. */
function without(text: string, places: readonly Place[], maxLength: number): string {
  const parts: string[] = [];
  let told = 0;
  for (const [start, end] of places.toSorted(([a], [b]) => a - b)) {
    if (start >= maxLength) break;
    if (start > told || (start === told && parts.length === 0)) parts.push(text.slice(told, start), MASK);
    told = Math.max(told, end);
  }
  parts.push(text.slice(told, maxLength));
  return text.length > Math.max(told, maxLength) ? `${parts.join('')}…` : parts.join('');
}

/** Shorter parts of a header are words that any message may contain. */
const MIN_PART = 8;
const MIN_PASSWORD = 4;

/**
 * The secrets in the value of a credential header: the whole value, its longer parts, and the password of Basic
 * credentials.
 */
export function secretsIn(header: string): string[] {
  const parts = header.split(/[\s;,=]+/).filter((part) => part.length >= MIN_PART);
  const basic = /^basic +(\S+)/i.exec(header)?.[1];
  const decoded = basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8');
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [
    ...(header.length >= MIN_PART ? [header] : []),
    ...parts,
    ...(password.length >= MIN_PASSWORD ? [decoded, password] : []),
  ];
}

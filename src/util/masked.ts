/** What is a secret wherever it stands: a password hash of any scheme, a signed token. */
const SECRETS = new RegExp(
  [
    String.raw`\$(?:2[abxy]?|[1567]|argon2[a-z]*|s?crypt|pbkdf2(?:-sha\d+)?|hmac-sha256)\$[^\s'"]{8,}`,
    String.raw`\b(?:argon2|bcrypt|bcrypt_sha256|pbkdf2_sha\d+|scrypt|sha1|crypt)\$[^\s'"]{8,}`,
    String.raw`\{[A-Za-z0-9-]{3,10}\}[A-Za-z0-9+/=$.]{8,}`,
    String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]*`,
  ].join('|'),
  'g',
);

/** Text without stored hashes, signed tokens and the given secrets. */
export function masked(text: string, secrets: readonly string[] = []): string {
  // The longest first: one may be a part of another.
  const ordered = secrets.toSorted((a, b) => b.length - a.length);
  return ordered.reduce((rest, secret) => rest.replaceAll(secret, '***'), text).replace(SECRETS, '***');
}

/** Shorter parts of a header are words that any message may have. */
const MIN_PART = 8;
const MIN_PASSWORD = 4;

/**
 * The secrets in the value of a credential header: all of it, its longer parts, and the password of Basic
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

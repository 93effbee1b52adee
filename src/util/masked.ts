/** What is a secret wherever it stands: a bcrypt hash, a signed token. */
const SECRETS = /\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

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

/** One `WWW-Authenticate` challenge of a 401. @see RFC 9110 section 11.6.1 */
export interface Challenge {
  /** The authentication scheme, for example `Basic`. */
  readonly scheme: string;
  /** Parameters, sent as quoted strings in this order. */
  readonly params?: Readonly<Record<string, string>>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The header value of a challenge, its parameters quoted and escaped.
 * @throws TypeError if scheme or a parameter name is not a token, or a value has a control or non-ASCII character.
 * @see RFC 9110 section 5.6.4
 */
export function formatChallenge(challenge: Challenge): string {
  if (!TOKEN.test(challenge.scheme)) throw new TypeError('A challenge needs a token as its scheme');
  const params = Object.entries(challenge.params ?? {}).map(([name, value]) => {
    if (!TOKEN.test(name)) throw new TypeError('A challenge parameter needs a token as its name');
    return `${name}=${quote(value)}`;
  });
  return params.length === 0 ? challenge.scheme : `${challenge.scheme} ${params.join(', ')}`;
}

/** A quoted-string. Characters beyond ASCII are refused: header bytes have no agreed charset. */
function quote(value: string): string {
  if (!/^[\t\x20-\x7e]*$/.test(value)) {
    throw new TypeError('A challenge parameter may only have printable ASCII characters');
  }
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * Decides which URLs may be called, or sent to clients: keys and secrets never travel unencrypted, except within one
 * machine.
 */

/** Allows no user before the host. */
const FORM = /^https?:\/\/[!$-.0-;=A-[\]_a-z~]+(?=[/?]|$)[!$-;=?-[\]_a-z~]*$/;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The URL of a text. Undefined if it is neither https nor http on loopback, or has a user, a password, a fragment, or
 * characters that a URL must escape: the URL parser would drop or change those.
 */
export function safeUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !FORM.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || LOOPBACK.test(url.hostname) ? url : undefined;
}

/** True for a safe URL without a query. */
export function isSafeBase(text: unknown): text is string {
  return safeUrl(text) !== undefined && !String(text).includes('?');
}

import { hash } from 'node:crypto';

/** Of 132 bits. A token has the digest of its user's id, since everyone who gets the token can read its claims. */
export function digestOfUserId(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, 22);
}

import type { Entry } from 'ldapts';

/** Attributes that say in Active Directory whether an account may be used. */
export const ACCOUNT_ATTRIBUTES = ['userAccountControl', 'accountExpires'] as const;

const ACCOUNT_DISABLED = 0x2;
const NEVER = new Set(['0', '9223372036854775807']);
/** From 1601 to 1970, in milliseconds. */
const EPOCH_MS = 11_644_473_600_000n;

/** The values of an attribute, whose name servers spell as they like: none is a list too, and one a text. */
export function valuesOf(entry: Entry, attribute: string): string[] {
  const wanted = attribute.toLowerCase();
  const found: unknown[] = [];
  for (const [name, values] of Object.entries(entry)) {
    if (name === 'dn') continue;
    if (name.toLowerCase() === wanted) found.push(values);
    // Active Directory gives the first 1,500 of many values under another name (MS-ADTS section 3.1.1.3.1.3.3).
    if (name.toLowerCase().startsWith(`${wanted};range=`)) {
      throw new Error(`LdapUserstore: too many values of ${attribute}`);
    }
  }
  // Bytes that are not text are not a name.
  return found.flat().filter((value) => typeof value === 'string');
}

/**
 * Whether the account may be used. Directories without these attributes refuse the bind where it may not.
 * @throws Error for values that cannot be read
 */
export function isActive(entry: Entry, now: number): boolean {
  const [control, expires] = ACCOUNT_ATTRIBUTES.map((attribute) => valuesOf(entry, attribute)[0]);
  if (control !== undefined) {
    if (!/^-?\d{1,10}$/.test(control)) throw new Error('LdapUserstore: userAccountControl is not a number');
    if ((Number(control) & ACCOUNT_DISABLED) !== 0) return false;
  }
  if (expires === undefined || NEVER.has(expires)) return true;
  if (!/^\d{1,19}$/.test(expires)) throw new Error('LdapUserstore: accountExpires is not a time');
  return BigInt(now) < BigInt(expires) / 10_000n - EPOCH_MS;
}

import type { Entry } from 'ldapts';

/** The attributes of Active Directory for the status of an account. Active Directory computes the last on request. */
export const ACCOUNT_ATTRIBUTES = [
  'userAccountControl',
  'accountExpires',
  'msDS-User-Account-Control-Computed',
] as const;

const ACCOUNT_DISABLED = 0x2;
const LOCKED_OUT = 0x10;
const NEVER = new Set(['0', '9223372036854775807']);
/** The time from 1601 to 1970, in milliseconds. */
const EPOCH_MS = 11_644_473_600_000n;

/**
 * The text values of an attribute; an empty list if the entry does not have it. The case of its name does not matter.
 * @throws Error for octets, and if the server held values back
 */
export function valuesOf(entry: Entry, attribute: string): string[] {
  return found(entry, attribute).map((value) => {
    // If one value is not UTF-8, all values are bytes. Ignoring them could lose a role that a rule denies.
    if (typeof value !== 'string')
      throw new Error(`LdapUserstore: a value of ${attribute} is not text in UTF-8`);
    return value;
  });
}

/** The values of an attribute as bytes. @throws Error if the server held values back */
export function octetsOf(entry: Entry, attribute: string): Buffer[] {
  return found(entry, attribute).map((value) => (typeof value === 'string' ? Buffer.from(value) : value));
}

function found(entry: Entry, attribute: string): (string | Buffer)[] {
  const wanted = attribute.toLowerCase();
  const lists: (string | Buffer)[] = [];
  for (const [name, values] of Object.entries(entry)) {
    if (name === 'dn') continue;
    if (name.toLowerCase() === wanted) lists.push(...[values].flat());
    // Active Directory gives the first 1,500 of many values under another name (MS-ADTS section 3.1.1.3.1.3.3).
    if (name.toLowerCase().startsWith(`${wanted};range=`)) {
      throw new Error(`LdapUserstore: too many values of ${attribute}`);
    }
  }
  return lists;
}

/**
 * Whether the account may be used. Directories without these attributes refuse the bind of a disabled account.
 * @throws Error for values that cannot be read
 */
export function isActive(entry: Entry, now: number): boolean {
  const [control, expires, computed] = ACCOUNT_ATTRIBUTES.map((attribute) => valuesOf(entry, attribute)[0]);
  if (hasFlag(control, ACCOUNT_DISABLED, 'userAccountControl')) return false;
  // This flag ends with the lock; lockoutTime stays until the next successful login.
  if (hasFlag(computed, LOCKED_OUT, 'msDS-User-Account-Control-Computed')) return false;
  if (expires === undefined || NEVER.has(expires)) return true;
  if (!/^\d{1,19}$/.test(expires)) throw new Error('LdapUserstore: accountExpires is not a time');
  return BigInt(now) < BigInt(expires) / 10_000n - EPOCH_MS;
}

function hasFlag(value: string | undefined, flag: number, attribute: string): boolean {
  if (value === undefined) return false;
  if (!/^-?\d{1,10}$/.test(value)) throw new Error(`LdapUserstore: ${attribute} is not a number`);
  return (Number(value) & flag) !== 0;
}

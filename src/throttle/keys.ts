/** The keys that attempts are counted under. */
import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

/** NFKC can make a name eighteen times as long. */
const MAX_LENGTH = 64;

/**
 * Normalises a typed user name in ways that stores may fold names: NFKC, lower case, runs of spaces as one. A long name
 * is replaced by its SHA-256, so that no client can fill the memory with names.
 */
export function accountKey(username: string): string {
  const folded = username.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
  return folded.length > MAX_LENGTH ? createHash('sha256').update(folded).digest('base64') : folded;
}

/**
 * An IPv4 address, including one mapped into IPv6; for other IPv6 addresses the /64, since a client may control all of
 * it.
 */
export function addressKey(ip: string): string {
  if (isIPv4(ip)) return ip;
  const address = ip.replace(/%.*$/s, '');
  // Without an address, as on a Unix socket, all clients share one budget.
  if (!isIPv6(address)) return 'unknown';
  const groups = groupsOf(address);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') {
    const bytes = groups
      .slice(6)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
    return bytes.join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

export interface Keys {
  readonly account: string;
  readonly address: string;
  /** The account together with the address. */
  readonly pair: string;
}

export function keysOf({ username, ip }: { readonly username: string; readonly ip: string }): Keys {
  const account = accountKey(username);
  const address = addressKey(ip);
  // An address never contains a space.
  return { account, address, pair: `${address} ${account}` };
}

function groupsOf(address: string): string[] {
  // URL writes an address in its canonical form (RFC 5952), without dotted parts.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = '', after] = canonical.split('::');
  const left = before === '' ? [] : before.split(':');
  if (after === undefined) return left;
  const right = after === '' ? [] : after.split(':');
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}

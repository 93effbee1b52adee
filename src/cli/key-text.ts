import type { StoredKey } from '../keys/key-row';
import { printable } from '../util/printable';

/** A key as `--json` prints it. It contains no credentials. */
export function keyJson(key: StoredKey): object {
  const { id, name, hint, scopes, userstore, createdAt, expiresAt, lastUsedAt } = key;
  return {
    id,
    name,
    hint,
    ...(scopes !== undefined && { scopes }),
    ...(userstore !== undefined && { userstore }),
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    ...(lastUsedAt !== undefined && { lastUsedAt: new Date(lastUsedAt) }),
  };
}

export function keyLine(key: StoredKey): string {
  const { id, name, hint, scopes, userstore, expiresAt, lastUsedAt } = key;
  const parts = [
    id,
    hint,
    printable(name),
    `expires ${dayOf(expiresAt)}`,
    lastUsedAt === undefined ? 'never used' : `used ${dayOf(lastUsedAt)}`,
    ...(scopes === undefined ? [] : [`scopes: ${scopes.join(' ')}`]),
    ...(userstore === undefined ? [] : [`userstore: ${printable(userstore)}`]),
  ];
  return `${parts.join('  ')}\n`;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

import type { RevocationLogInterface, Revocation } from '../../state/revocation-log';
import type { Clock } from '../../util/clock';
import type { AskedToken, RevocationReader } from './revoked-tokens';

// TEMPORARY: until the reader of the log is merged.
export interface RevocationOptions {
  log?: RevocationLogInterface | undefined;
  maxDelayMs?: number | undefined;
  whenUnreachable?: 'refuse' | 'accept' | undefined;
  whenLost?: 'refuseOlder' | 'accept' | undefined;
  maxEntries?: number | undefined;
}

export function openRevocations(
  log: RevocationLogInterface,
  _options: RevocationOptions,
  clock: Clock,
): RevocationReader {
  const known = new Map<string, Revocation>();
  return {
    ready: Promise.resolve(),
    start: () => undefined,
    close: () => undefined,
    isRevoked: ({ id, familyId, user, issuedAt }: AskedToken) => {
      const live = (key: string | undefined): boolean =>
        key !== undefined && (known.get(key)?.until ?? 0) > clock();
      const before = known.get(user)?.before;
      return live(id) || live(familyId) || (before !== undefined && issuedAt < before);
    },
    revoke: async (list) => {
      for (const entry of list) known.set(entry.id, entry);
      await log.append(list);
    },
  };
}

import { isAlive } from '../tokens/families/ends';
import { Apps } from '../core/apps';
import { FamilyStore, type StoredFamily } from '../tokens/families/family-store';
import type { FamilyParts } from '../tokens/families/parts';
import type { Person } from '../core/person';
import { RevokedTokens, type RevocationReader } from '../tokens/families/revoked-tokens';
import { REFRESH_OPTIONS, refreshSettings } from '../tokens/refresh-options';
import type { RevocationLogInterface } from '../state/revocation-log';
import type { StateStoreInterface } from '../state/state-store';
import { parseOptions } from '../util/parse-options';

/** The widest limits: the command does not know the app's limits, but each family has its own end. */
const NO_LIMITS = refreshSettings(
  parseOptions('securest tokens', { idleDays: 400, maxDays: 400, maxDaysWithoutStamp: 400 }, REFRESH_OPTIONS),
);

/**
 * The token families in a state store, for commands that manage them outside of the app.
 * @param lifeMs how long an access token of the app can be accepted
 */
export function familiesIn(state: StateStoreInterface, lifeMs: number): FamilyParts {
  return {
    store: new FamilyStore(state, NO_LIMITS),
    settings: NO_LIMITS,
    apps: new Apps('TokenService', 'TokenProvider'),
    revoked: new RevokedTokens({
      reader: state.revocationLog && writerTo(state.revocationLog),
      lifeMs,
      now: Date.now,
    }),
    now: Date.now,
    sign: () => undefined,
  };
}

/**
 * The families of a user that have not ended, the last used one first.
 * @param userstore undefined: any
 */
export async function liveFamilies(
  parts: FamilyParts,
  username: string,
  userstore: string | undefined,
): Promise<readonly StoredFamily[]> {
  if (username === '') return [];
  const { families, fault } = await parts.store.list(username);
  if (fault !== undefined) throw fault as Error;
  return families
    .filter(({ record }) => isAlive(record, parts))
    .filter(({ record }) => userstore === undefined || record.userstore === userstore)
    .toSorted((one, other) => other.record.at - one.record.at);
}

/** The owner of the tokens. In an app with one userstore, tokens do not name the userstore. */
export function personIn(
  username: string,
  userstore: string | undefined,
  families: readonly StoredFamily[],
): Person {
  const seen = families.map(({ record }) => record.userstore);
  const homes = userstore === undefined ? [...new Set([undefined, ...seen])] : [userstore];
  return { username, homes, store: userstore };
}

/** A command only appends to the log and never reads it. */
function writerTo(log: RevocationLogInterface): RevocationReader {
  return {
    isRevoked: () => false,
    isKnown: () => false,
    revoke: (list) => log.append(list),
    hearAll: () => Promise.resolve(),
    ready: Promise.resolve(),
    start: () => undefined,
    listen: () => () => undefined,
    close: () => undefined,
  };
}

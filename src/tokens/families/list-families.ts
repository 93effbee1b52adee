import { Authentication } from '../../core/authentication';
import type { KnownUser } from '../../core/auth-provider';
import type { SecurityRequest } from '../../core/request';
import { isAlive, isOf, isOwn } from './ends';
import { expiryOf, type StoredFamily } from './family-store';
import type { FamilyParts } from './parts';
import type { UserName } from '../../core/named-user';
import { type Person, personOf } from '../../core/person';

/** A login that is continued with refresh tokens, as its user may see it. */
export interface TokenFamily {
  readonly id: string;
  readonly startedAt: Date;
  readonly lastUsedAt: Date;
  /** When the family ends if it is not used again. */
  readonly expiresAt: Date;
  /** The methods by which the login was proved. */
  readonly methods: readonly string[];
  /** The address of the last use. */
  readonly ip?: string;
  /** True for the family of the given login; absent if the user was given by name. */
  readonly isCurrent?: boolean;
}

/** A user's name as it was given and as it stands in the store. */
export interface Names {
  readonly person: Person;
  readonly names: readonly string[];
  readonly known: KnownUser | null | undefined;
}

/**
 * The names under which a user's entries are stored.
 * @throws TypeError when the user cannot be identified
 * @throws ServiceUnavailableError when the userstore is unavailable
 */
export async function namesOf(
  { apps }: FamilyParts,
  user: Authentication | UserName,
  request?: SecurityRequest,
): Promise<Names> {
  const app = apps.of(request);
  const person = personOf('TokenService', user, app);
  const known = await app?.findUser(person.username, person.store);
  const names = [...new Set([known?.username ?? person.username, person.username])];
  return { person, names, known };
}

/** The families of a user with usable tokens, the most recently used family first. @throws as {@link namesOf} */
export async function listFamilies(
  parts: FamilyParts,
  user: Authentication | UserName,
  request?: SecurityRequest,
): Promise<readonly TokenFamily[]> {
  const { person, names, known } = await namesOf(parts, user, request);
  const found: StoredFamily[] = [];
  for (const name of names) {
    const { families, fault } = await parts.store.list(name);
    if (fault !== undefined) throw fault as Error;
    found.push(...families);
  }
  const current = user instanceof Authentication ? { id: user.familyId } : undefined;
  return found
    .filter(
      ({ record }) =>
        isOf(record, person) && isOwn(record, parts) && isAlive(record, parts) && isUsable(record, known),
    )
    .sort((one, other) => other.record.at - one.record.at)
    .map(({ id, record }) => ({
      id,
      startedAt: new Date(record.started),
      lastUsedAt: new Date(record.at),
      expiresAt: new Date(expiryOf(record, parts.settings)),
      methods: record.amr,
      ...(record.ip !== undefined && { ip: record.ip }),
      ...(current !== undefined && { isCurrent: id === current.id }),
    }));
}

/** A family that was started before a change of the password ends at its next use. */
function isUsable({ stamp, userId }: StoredFamily['record'], known: KnownUser | null | undefined): boolean {
  return known === null || known === undefined || (known.stamp === stamp && known.id === userId);
}

import type { ProblemListener } from '../core/events';
import { mappingOf } from '../core/name-list';
import type { User } from '../core/user';

/** Fields in which other systems store a user's roles. */
const ROLE_FIELDS = ['role', 'userRole', 'user_role', 'userRoles', 'user_roles', 'authorities'];

/** The origin of a record. */
interface Source {
  readonly store: object;
  readonly name: string;
}

/** Finds users without roles whose records have roles in a field that nothing reads. */
export class OverlookedRoles {
  /** The fields that have been reported for each store. */
  private readonly reported = new WeakMap<object, Set<string>>();

  /** Reports such a record, once for each store and field. Never throws. */
  report(record: User, source: Source | undefined, report: ProblemListener): void {
    if (source === undefined) return;
    const found = fieldOf(record);
    if (found === undefined) return;
    const fields = this.reported.get(source.store) ?? new Set();
    if (fields.has(found.field)) return;
    this.reported.set(source.store, fields.add(found.field));
    report({
      component: source.name,
      user: record.username,
      problem:
        `records have \`${found.field}\` and no \`roles\`, so their users have no role by it: set it in getUser: ` +
        `roles: ${found.mapping}`,
    });
  }
}

function fieldOf(record: User): { field: string; mapping: string } | undefined {
  try {
    if ((record.roles ?? record.groups ?? undefined) !== undefined) return undefined;
    const field = ROLE_FIELDS.find((name) => name in record);
    if (field === undefined) return undefined;
    // A getter could query the database.
    const descriptor = Object.getOwnPropertyDescriptor(record, field);
    const value: unknown = descriptor?.value;
    if (descriptor !== undefined && 'value' in descriptor && (value ?? undefined) === undefined)
      return undefined;
    const path = `user.${field}`;
    const isNames = Array.isArray(value) && value.every((name) => typeof name === 'string');
    return { field, mapping: (isNames ? path : mappingOf(value, path)) ?? `[${path}]` };
  } catch {
    return undefined;
  }
}

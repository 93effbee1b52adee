import type { User } from './user';

/** Fields by which other systems mark an account as disabled. */
const STATUS_FIELDS: readonly string[] = [
  ...['isActive', 'is_active', 'isEnabled', 'is_enabled', 'enabled'],
  ...['isDisabled', 'is_disabled', 'disabled', 'isBlocked', 'is_blocked', 'blocked', 'banned'],
  ...['isDeleted', 'is_deleted', 'deletedAt', 'deleted_at', 'deactivatedAt', 'deactivated_at'],
];

/** The first of these fields that a record without `active` has. Never throws. */
export function statusFieldOf(user: User): string | undefined {
  try {
    return user.active === undefined ? STATUS_FIELDS.find((field) => field in user) : undefined;
  } catch {
    return undefined;
  }
}

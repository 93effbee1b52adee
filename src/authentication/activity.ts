/**
 * Whether a user may log in at all: by `active`, and by the app's own option `isActive`. Records that say it in another
 * field would log in whatever that says, so the first of each store and field is reported.
 */
import type { ProblemListener } from '../core/events';
import type { FixedUser } from '../core/fixed-user';
import { statusFieldOf } from '../core/status-field';
import type { User } from '../core/user';
import { ignoreRejection } from '../util/ignore-rejection';

/** Where a user came from: a store or, for a user of no store, a provider. */
export interface UserOwner {
  readonly identity: object;
  /** In events. */
  readonly name: string;
}

export class Activity {
  /** The fields that have been reported of each store. */
  private readonly reported = new WeakMap<object, Set<string>>();

  /** @param isActive the app's option: only a literal true lets a user log in */
  constructor(private readonly isActive?: (user: User) => boolean) {}

  /**
   * False for a user who must not log in, whatever proved it.
   * @param fixed what is known of the user for good
   * @throws what the app's option throws
   */
  holds(user: User, fixed: FixedUser | undefined, owner: UserOwner, report: ProblemListener): boolean {
    if (user.active === false) return false;
    if (this.isActive === undefined) {
      const field = fixed === undefined ? statusFieldOf(user) : fixed.statusField;
      if (field !== undefined) this.reportOnce(field, user, owner, report);
      return true;
    }
    const answer: unknown = this.isActive(user);
    ignoreRejection(answer);
    return answer === true;
  }

  private reportOnce(field: string, user: User, owner: UserOwner, report: ProblemListener): void {
    const fields = this.reported.get(owner.identity) ?? new Set();
    if (fields.has(field)) return;
    this.reported.set(owner.identity, fields.add(field));
    report({
      component: owner.name,
      user: user.username,
      problem:
        `records have \`${field}\` and no \`active\`, so their users log in whatever it says: set \`active\` in ` +
        'getUser(), or the option isActive',
    });
  }
}

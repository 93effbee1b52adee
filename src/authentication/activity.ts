/**
 * Decides whether a user may log in at all: by `active`, and by the app's own option `isActive`. The decision is about
 * the record that a store gave, even if a provider builds a user of its own from it, and about a record that a provider
 * supplies itself.
 */
import { statusFieldOf } from '../core/status-field';
import type { ProblemListener } from '../core/events';
import type { FixedUser } from '../core/fixed-user';
import type { User } from '../core/user';
import { ignoreRejection } from '../util/ignore-rejection';

/** The origin of a user: a store or, for a user of no store, a provider. */
export interface UserOwner {
  readonly identity: object;
  /** The name in events. */
  readonly name: string;
}

export class Activity {
  /** The fields that have been reported for each owner. */
  private readonly reported = new WeakMap<object, Set<string>>();

  /** @param isActive the app's option: only a literal true lets a user log in */
  constructor(private readonly isActive?: (user: User) => boolean) {}

  /** False for a user who must not log in, whatever the proof. @throws the error that the app's option throws */
  holds(user: User): boolean {
    if (user.active === false) return false;
    if (this.isActive === undefined) return true;
    const answer: unknown = this.isActive(user);
    ignoreRejection(answer);
    return answer === true;
  }

  /**
   * Reports a record that has a status field other than `active` when nothing reads that field. Reports once for each
   * owner and field.
   * @param fixed the facts about the user that cannot change
   */
  reportOverlooked(
    user: User,
    fixed: FixedUser | undefined,
    owner: UserOwner,
    report: ProblemListener,
  ): void {
    if (this.isActive !== undefined) return;
    const field = fixed === undefined ? statusFieldOf(user) : fixed.statusField;
    if (field === undefined) return;
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

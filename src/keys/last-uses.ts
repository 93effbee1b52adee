import { silencePromisesIn } from '../core/silence';
import { withinDeadline } from '../http/deadline';
import type { StateStoreInterface } from '../state/state-store';
import { ignoreRejection } from '../util/ignore-rejection';
import { attempted } from '../util/maybe-promise';
import { type StoredKey, writeUse } from './key-row';
import { stateKeyOf, STORE_MS } from './stored-keys';

const EACH_MS = 60_000;
const MAX_KNOWN = 1000;
const MAX_UNDER_WAY = 100;

/**
 * Records the last use of keys, at most once a minute per key. No request waits for it, and failures are ignored. A key
 * that has ended meanwhile stays ended, because its old text is no longer stored.
 */
export class LastUses {
  /** The time of the last attempt by key id: another process may have been faster. */
  readonly #tried = new Map<string, number>();
  #underWay = 0;

  constructor(private readonly state: StateStoreInterface) {}

  note(key: StoredKey, now: number): void {
    const { id, lastUsedAt, text, user, expiresAt } = key;
    if (isYoung(lastUsedAt, now) || isYoung(this.#tried.get(id), now)) return;
    if (this.#underWay >= MAX_UNDER_WAY) return;
    this.#remember(id, now);
    this.#underWay += 1;
    const settled = (): void => {
      this.#underWay -= 1;
    };
    const written = attempted(async () => {
      const row = writeUse(key, now);
      const isSet = this.state.set(stateKeyOf(id), row, text, new Date(expiresAt), user);
      silencePromisesIn(await withinDeadline(isSet, STORE_MS));
    });
    ignoreRejection(Promise.resolve(written).then(settled, settled));
  }

  #remember(id: string, now: number): void {
    this.#tried.delete(id);
    for (const oldest of this.#tried.keys()) {
      if (this.#tried.size < MAX_KNOWN) break;
      this.#tried.delete(oldest);
    }
    this.#tried.set(id, now);
  }
}

/** Also true for a time in the future, after a clock was set back. */
function isYoung(time: number | undefined, now: number): boolean {
  return time !== undefined && now - time < EACH_MS;
}

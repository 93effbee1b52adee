import type { JsonObject } from '../tokens/json';
import type { Clock } from '../util/clock';

interface Entry {
  readonly answer: JsonObject;
  readonly at: number;
  readonly until: number;
  username: string | undefined;
}

const MAX_ENTRIES = 1000;
/** An invalid token that is sent again and again does not lead to a request to the issuer each time. */
const INACTIVE_MS = 5000;

/** An issuer's introspection responses by the id of the token; the oldest are dropped first. */
export class IntrospectionCache {
  readonly #active = new Map<string, Entry>();
  readonly #inactive = new Map<string, Entry>();
  #turn = 0;

  constructor(
    private readonly seconds: number,
    private readonly clock: Clock,
  ) {}

  /** Changes whenever an entry is forgotten. */
  get turn(): number {
    return this.#turn;
  }

  find(id: string): JsonObject | undefined {
    const now = this.clock();
    for (const entries of [this.#active, this.#inactive]) {
      const entry = entries.get(id);
      if (entry === undefined) continue;
      // A clock that is set back must not extend the life of a response.
      if (entry.at <= now && now < entry.until) return entry.answer;
      entries.delete(id);
    }
    return undefined;
  }

  noteUser(id: string, username: string): void {
    const entry = this.#active.get(id);
    if (entry !== undefined) entry.username = username;
  }

  forget(username: string): void {
    this.#turn += 1;
    for (const [id, entry] of this.#active) {
      if (entry.username === undefined || entry.username === username) this.#active.delete(id);
    }
  }

  /**
   * Keeps a response, unless an entry was forgotten since the request: the user of the token is not known yet, so this
   * response may be meant.
   * @param turn the {@link turn} at the time of the request
   */
  keep(id: string, answer: JsonObject, turn: number): void {
    if (turn !== this.#turn) return;
    const at = this.clock();
    const isActive = Object.hasOwn(answer, 'active') && answer['active'] === true;
    const exp = isActive && Object.hasOwn(answer, 'exp') ? answer['exp'] : Infinity;
    // If `exp` is malformed, the expiry is unknown and the token is refused.
    const expiry = typeof exp === 'number' ? exp * 1000 : NaN;
    const until = Math.min(at + (isActive ? this.seconds * 1000 : INACTIVE_MS), expiry);
    if (!(at < until)) return;
    const entries = isActive ? this.#active : this.#inactive;
    // Of two requests at the same time, the later response counts.
    for (const either of [this.#active, this.#inactive]) either.delete(id);
    const [oldest] = entries.keys();
    if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    entries.set(id, { answer, at, until, username: undefined });
  }
}

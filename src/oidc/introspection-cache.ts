import type { JsonObject } from '../tokens/json';
import type { Clock } from '../util/clock';

interface Entry {
  readonly answer: JsonObject;
  readonly at: number;
  readonly until: number;
  username: string | undefined;
}

const MAX_ENTRIES = 1000;
/** Whoever sends a wrong token again and again is not a question to the issuer each time. */
const INACTIVE_MS = 5000;

/** What an issuer has said of tokens, by an id of the token; the oldest go first. */
export class IntrospectionCache {
  readonly #active = new Map<string, Entry>();
  readonly #inactive = new Map<string, Entry>();
  #turn = 0;

  constructor(
    private readonly seconds: number,
    private readonly clock: Clock,
  ) {}

  /** Changes whenever something is forgotten. */
  get turn(): number {
    return this.#turn;
  }

  find(id: string): JsonObject | undefined {
    const now = this.clock();
    for (const entries of [this.#active, this.#inactive]) {
      const entry = entries.get(id);
      if (entry === undefined) continue;
      // A clock that is set back must not make an answer last.
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
   * Keeps an answer, unless something was forgotten since it was asked for: whose it is, is not known yet.
   * @param turn the {@link turn} of that time
   */
  keep(id: string, answer: JsonObject, turn: number): void {
    if (turn !== this.#turn) return;
    const at = this.clock();
    const isActive = Object.hasOwn(answer, 'active') && answer['active'] === true;
    const exp = isActive && Object.hasOwn(answer, 'exp') ? answer['exp'] : Infinity;
    // Of another form it says nothing, and the token is refused.
    const expiry = typeof exp === 'number' ? exp * 1000 : NaN;
    const until = Math.min(at + (isActive ? this.seconds * 1000 : INACTIVE_MS), expiry);
    if (!(at < until)) return;
    const entries = isActive ? this.#active : this.#inactive;
    // Of two questions at once the later answer counts.
    for (const either of [this.#active, this.#inactive]) either.delete(id);
    const [oldest] = entries.keys();
    if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    entries.set(id, { answer, at, until, username: undefined });
  }
}

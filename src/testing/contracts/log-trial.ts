import { randomBytes } from 'node:crypto';
import type { Revocation, RevocationLogInterface, RevocationPage } from '../../state/revocation-log';
import { same } from './check';

/** More pages than any log has, to detect a log with endless pages. */
const MAX_PAGES = 10_000;
const LASTS_MS = 600_000;

/** The entries of all pages up to the end of the log. */
export interface Reading {
  readonly cursor: string;
  readonly epoch: string;
  readonly beganAt: number;
  /** This test's entries, each once, in the order of their first reading. */
  readonly list: readonly Revocation[];
}

/** One test of a log. It has ids of its own, so the log may hold entries of other tests. */
export class LogTrial {
  readonly #name = randomBytes(5).toString('hex');
  #made = 0;

  constructor(readonly log: RevocationLogInterface) {}

  /** An entry of a token or a family. */
  entry(): Revocation {
    this.#made += 1;
    const id = this.#name + this.#made.toString(16).padStart(6, '0');
    return { id, until: Date.now() + LASTS_MS };
  }

  entries(count: number): readonly Revocation[] {
    return Array.from({ length: count }, () => this.entry());
  }

  /** An entry of a user. */
  userEntry(rest = ''): Revocation {
    const now = Date.now();
    return { id: `${this.#name}:${rest}`, until: now + LASTS_MS, before: now };
  }

  async append(...list: readonly Revocation[]): Promise<void> {
    await this.log.append(list);
  }

  /** All pages since a cursor. */
  async read(cursor?: string): Promise<Reading> {
    const found = new Map<string, Revocation>();
    let from = cursor;
    let first: RevocationPage | undefined;
    for (let count = 0; count < MAX_PAGES; count += 1) {
      const page = from === undefined ? await this.log.read() : await this.log.read(from);
      first ??= page;
      checkPage(page, first);
      for (const { id, until, before } of page.list) {
        const entry = { id, until, ...(before !== undefined && { before }) };
        const key = JSON.stringify([id, until, before]);
        if (id.startsWith(this.#name) && !found.has(key)) found.set(key, entry);
      }
      const { epoch, beganAt } = page;
      if (page.more !== true) return { cursor: page.cursor, epoch, beganAt, list: [...found.values()] };
      from = page.cursor;
    }
    throw new Error(`More than ${String(MAX_PAGES)} pages: does the cursor move?`);
  }
}

function checkPage(page: RevocationPage, first: RevocationPage): void {
  const { cursor, list, epoch, beganAt, lost, more } = page;
  same([typeof cursor, typeof epoch, typeof beganAt], ['string', 'string', 'number'], 'the types of a page');
  same(Number.isFinite(beganAt) && beganAt <= Date.now() + 60_000, true, 'beganAt is a time of before now');
  same(typeof (more ?? false), 'boolean', 'the type of more');
  same(lost ?? false, false, 'whether a log that lost nothing says lost');
  same(Array.isArray(list), true, 'list is a list');
  same([epoch, beganAt], [first.epoch, first.beganAt], 'the epoch of all pages');
}

import type { Revocation, RevocationLogInterface, RevocationPage } from '../../src';

/** A minimal log, whose parts a test replaces to break it. */
export class PlainLog implements RevocationLogInterface {
  rows: { seq: number; entry: Revocation }[] = [];
  epoch = 'one';
  beganAt = 0;
  pageSize = 1000;
  #next = 1;

  nextSeq(): number {
    this.#next += 1;
    return this.#next - 1;
  }

  async append(list: readonly Revocation[]): Promise<void> {
    for (const entry of list) this.rows.push({ seq: this.nextSeq(), entry });
    return Promise.resolve();
  }

  /** Reserves numbers now and appends later, so that entries in between get higher numbers. */
  appendLate(list: readonly Revocation[]): () => void {
    const late = list.map((entry) => ({ seq: this.nextSeq(), entry }));
    return () => {
      this.rows = [...this.rows, ...late].sort((one, other) => one.seq - other.seq);
    };
  }

  clear(): void {
    this.rows = [];
    this.epoch = 'two';
  }

  /** The numbers of a cursor: the newest row that was read, and where the next page begins. */
  async read(cursor?: string): Promise<RevocationPage> {
    const [epoch, seq, isPaging] = cursor?.split(' ') ?? [this.epoch, '0', 'page'];
    const isLost = epoch !== this.epoch;
    const after = isPaging === 'page' ? Number(seq) : Math.max(0, Number(seq) - 10);
    const all = this.rows.filter((row) => row.seq > (isLost ? 0 : after));
    const rows = all.slice(0, this.pageSize);
    const more = rows.length < all.length;
    const last = Math.max(more ? 0 : Number(seq), rows.at(-1)?.seq ?? 0);
    return Promise.resolve({
      cursor: `${this.epoch} ${String(last)} ${more ? 'page' : 'end'}`,
      list: rows.map(({ entry }) => entry),
      epoch: this.epoch,
      beganAt: this.beganAt,
      ...(isLost && { lost: true }),
      ...(more && { more: true }),
    });
  }
}

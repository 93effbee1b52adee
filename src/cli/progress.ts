const WIDTH = 30;
const EVERY_MS = 100;

/** A progress bar on standard error, if that is a terminal. */
export class Progress {
  readonly #isShown = process.stderr.isTTY;
  #last = 0;

  constructor(private readonly total: number) {}

  show(done: number): void {
    if (!this.#isShown || (done < this.total && performance.now() - this.#last < EVERY_MS)) return;
    this.#last = performance.now();
    const filled = Math.floor((WIDTH * done) / Math.max(1, this.total));
    const bar = '#'.repeat(filled).padEnd(WIDTH, '.');
    process.stderr.write(`\r[${bar}] ${String(done)} of ${String(this.total)}`);
  }

  end(): void {
    if (this.#isShown && this.#last > 0) process.stderr.write('\n');
  }
}

import type { ProblemListener } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { clientWarnings } from './client-warnings';
import type { SqlClient } from './sql-client';

/** The warnings about a client. They are determined once, for the first listener. */
export class ClientProblems {
  readonly #board = new ProblemBoard();
  #isChecked = false;

  constructor(
    private readonly component: string,
    private readonly client: SqlClient,
  ) {}

  listen(listener: ProblemListener): () => void {
    const stop = this.#board.listen(listener);
    if (this.#isChecked) return stop;
    this.#isChecked = true;
    const { component } = this;
    for (const problem of clientWarnings(this.client)) this.#board.report({ component, problem });
    return stop;
  }
}

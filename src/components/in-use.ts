import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { hold, release } from './holders';

/** A container that returns a new instance for each request would make the list grow without limit. */
const MAX_IN_USE = 1000;

/** The stores and providers that one instance of the library uses. Listens for their problems and closes them. */
export class InUse {
  /** Each component with the function that removes its listener. */
  private readonly components = new Map<object, () => void>();

  constructor(private readonly onProblem: ProblemListener) {}

  add(component: object & Partial<ProblemSource>): void {
    if (this.components.has(component) || this.components.size >= MAX_IN_USE) return;
    hold(component);
    this.components.set(component, component[PROBLEM_SOURCE]?.(this.onProblem) ?? (() => undefined));
  }

  /**
   * Closes the components that no other instance uses.
   * @throws the first exception, after all have been closed
   */
  async close(): Promise<void> {
    const components = [...this.components];
    this.components.clear();
    const closed = await Promise.allSettled(
      components.map(async ([component, stopListening]) => {
        stopListening();
        if (release(component)) await (component as { close?(): unknown }).close?.();
      }),
    );
    const failed = closed.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}

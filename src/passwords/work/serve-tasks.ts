import { parentPort } from 'node:worker_threads';
import type { HashTask } from './hash-worker';

/** The messages of a thread: that it is ready, and one answer to each task. */
export interface ThreadMessage {
  readonly kind: 'ready' | 'answer' | 'failure';
  readonly result?: unknown;
  readonly reason?: string;
}

/** Turns this thread into a worker: answers each task with the result of `work`. */
export function serveTasks(work: (task: HashTask) => unknown): void {
  const tell = (message: ThreadMessage): void => parentPort?.postMessage(message);
  const answer = async (task: HashTask): Promise<void> => {
    try {
      tell({ kind: 'answer', result: await work(task) });
    } catch (error) {
      // Only the text, since not every error can be sent to another thread.
      tell({ kind: 'failure', reason: error instanceof Error ? error.message : 'The thread threw no error' });
    }
  };
  parentPort?.on('message', (task: HashTask) => void answer(task));
  tell({ kind: 'ready' });
}

import { parentPort } from 'node:worker_threads';
import type { HashTask } from './hash-worker';

/** What a thread says: that it waits for tasks, and one answer to each. */
export interface ThreadMessage {
  readonly kind: 'ready' | 'answer' | 'failure';
  readonly result?: unknown;
  readonly reason?: string;
}

/** Makes a thread of this module: answers each task that comes with what the work gives for it. */
export function serveTasks(work: (task: HashTask) => unknown): void {
  const tell = (message: ThreadMessage): void => parentPort?.postMessage(message);
  const answer = async (task: HashTask): Promise<void> => {
    try {
      tell({ kind: 'answer', result: await work(task) });
    } catch (error) {
      // The text alone: not every error can be sent to another thread.
      tell({ kind: 'failure', reason: error instanceof Error ? error.message : 'The thread threw no error' });
    }
  };
  parentPort?.on('message', (task: HashTask) => void answer(task));
  tell({ kind: 'ready' });
}

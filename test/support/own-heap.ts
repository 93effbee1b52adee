import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * What the fixture of this name in test/fixtures/heap posts. It runs in a thread, whose heap is its own: in the
 * heap of the tests, what earlier tests left behind may be collected while one measures.
 */
export async function inOwnHeap<T>(fixture: string): Promise<T> {
  const worker = new Worker(join(__dirname, '../fixtures/heap', `${fixture}.ts`));
  try {
    const [posted] = (await once(worker, 'message')) as [T];
    return posted;
  } finally {
    await worker.terminate();
  }
}

/**
 * The processes of a run: each is asked by name and answers once. Only those that were started here are ended.
 */
import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import path from 'node:path';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export class Worker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #calls = 0;

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    child.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`${name}: ${error}`));
    });
    child.on('exit', (code) => {
      const error = new Error(`${name} ended with ${String(code)}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @param file next to this one, without its extension */
  static start(file: string, args: readonly string[] = [], flags: readonly string[] = []): Worker {
    const child = fork(path.join(__dirname, `${file}.ts`), args, {
      execArgv: [...flags, '-r', '@swc-node/register'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    return new Worker(child, [file, ...args].join(' '));
  }

  call<T>(name: string, argument?: Serializable): Promise<T> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, name, argument }, (error) => {
        if (error === null) return;
        this.#waiting.delete(id);
        reject(error);
      });
    });
  }

  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** In a worker: what it can be asked. */
export function answerCalls(handlers: Readonly<Record<string, (argument: unknown) => unknown>>): void {
  process.on('message', ({ id, name, argument }: { id: number; name: string; argument: unknown }) => {
    Promise.resolve()
      .then(() => handlers[name]?.(argument))
      .then(
        (value) => process.send?.({ id, value }),
        (error: unknown) =>
          process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
      );
  });
  // A worker whose parent has gone has nobody to answer.
  process.on('disconnect', () => process.exit());
}

/** The process that sends: so many requests of one kind over so many connections, each as soon as the last is answered. */
import { answerCalls } from './processes';
import { RawConnection, requestText } from './raw-client';
import type { Headers } from './target';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Headers;
  readonly requests: number;
  readonly connections: number;
}

/** How many replies had each status, and the last body. */
export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>;
  readonly body: string;
}

async function run({ port, path, headers, requests, connections }: Load): Promise<LoadResult> {
  const text = requestText(path, headers);
  const statuses: Record<string, number> = {};
  let body = '';
  let left = requests;
  const client = async () => {
    const connection = await RawConnection.open(port);
    while (left > 0) {
      left -= 1;
      const reply = await connection.send(text);
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
      ({ body } = reply);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: Math.min(connections, requests) }, client));
  return { statuses, body };
}

answerCalls({ run: (load) => run(load as Load) });

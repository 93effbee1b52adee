/** Requests with a token that one second of CPU answers, each server alone in its process. */
import { type Contestant, endAll, measure, startServer } from '../rounds';
import { ascending, type RunSection } from '../section';
import { figureOf, ratioOf } from '../statistics';

const ROUNDS = 11;
const OTHERS = ['jose-checker', 'koa-passport', 'nest-fastify', 'fastify-jwt', 'bare-http'];
const OURS = 'securest';

export const servers: RunSection = async ({ rounds = ROUNDS, requests, connections, against }) => {
  const contestants: Contestant[] = [];
  try {
    const ours = await tokenApp(OURS);
    contestants.push(ours);
    if (against !== undefined) contestants.push(await tokenApp(`securest of ${against}`, against));
    const token = ours.target.right['authorization']?.slice('Bearer '.length);
    for (const name of OTHERS) contestants.push(...(await startServer(name, { token })));
    const costs = await measure(contestants, { rounds, requests, connections });
    const of = (name: string) => costs.get(name) ?? [];
    const rows = contestants.map(({ name }) => ({
      label: name,
      figures: [
        figureOf(of(name).map((microseconds) => 1e6 / microseconds)),
        ratioOf(of(name), of(OURS)),
        figureOf(of(name)),
      ],
    }));
    return {
      name: 'servers',
      title: 'requests with a token, each server in a process of its own',
      columns: ['requests a CPU second', 'securest, times this', 'us CPU a request'],
      rows: ascending(rows, 2),
      bars: 0,
    };
  } finally {
    endAll(contestants);
  }
};

async function tokenApp(name: string, root?: string): Promise<Contestant> {
  const all = await startServer('secured', { root });
  const contestant = all.find((one) => one.name === 'token');
  if (contestant === undefined) throw new Error('No token route');
  return { ...contestant, name };
}

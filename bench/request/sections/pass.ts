/** What is left of an open route's speed once it is guarded, by the library and by checkers that an app writes itself. */
import { endAll, measure, startServer } from '../rounds';
import { ascending, type RunOptions, type RunSection, type Section } from '../section';
import { figureOf, ratioOf } from '../statistics';

const ROUNDS = 15;
const OPEN = 'open';
const MAP = 'map of tokens';

const BY_HAND = ['HMAC', 'fast-jwt, cached', 'jsonwebtoken', 'jose'];
const OURS = ['securest open', 'securest token', 'securest token and role'];

export const token: RunSection = (options) =>
  run('token', 'a token that is sent again and again', [OPEN, MAP, ...BY_HAND, ...OURS], options);

export const basic: RunSection = (options) =>
  run('basic', 'a remembered Basic login', [OPEN, MAP, 'cached Basic', 'securest basic'], options);

export const key: RunSection = (options) =>
  run('key', "an app's own provider that looks a key up in a map", [OPEN, MAP, 'securest key'], options);

async function run(
  name: string,
  title: string,
  names: readonly string[],
  { rounds = ROUNDS, requests, connections }: RunOptions,
): Promise<Section> {
  const all = await startServer('one-process');
  try {
    const contestants = all.filter((contestant) => names.includes(contestant.name));
    const costs = await measure(contestants, { rounds, requests, connections });
    const of = (contestant: string) => costs.get(contestant) ?? [];
    const rows = contestants.map((contestant) => ({
      label: contestant.name,
      figures: [
        figureOf(of(contestant.name)),
        ratioOf(of(OPEN), of(contestant.name)),
        ratioOf(of(MAP), of(contestant.name)),
      ],
    }));
    const columns = ['us CPU a request', 'share of the open route', 'share of a map by hand'];
    return {
      name,
      title: `Koa, one process, ${title}`,
      columns,
      rows: ascending(rows, 1).toReversed(),
      bars: 1,
    };
  } finally {
    endAll(all);
  }
}

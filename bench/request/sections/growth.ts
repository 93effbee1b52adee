/** What a request pays for the size of its app: each size beside the small app, by turns. */
import { type Contestant, type Costs, endAll, measure, startServer } from '../rounds';
import type { Row, RunSection } from '../section';
import type { Variant } from '../servers/secured-app';
import { differenceOf, ratioOf } from '../statistics';

const ROUNDS = 9;

interface Growth {
  readonly label: string;
  readonly from: Variant;
  readonly to: Variant;
  /** How many were added, where a price for each makes sense. */
  readonly added?: number;
}

const GROWTHS: readonly Growth[] = [
  { label: '10 providers that say "not mine"', from: {}, to: { providers: 10 }, added: 10 },
  { label: '10 such providers, async', from: {}, to: { asyncProviders: 10 }, added: 10 },
  { label: '100,000 users', from: {}, to: { users: 100_000 } },
  { label: '2,000 guarded routes', from: {}, to: { routes: 2000 } },
  { label: '10,000 path rules, not 10', from: { rules: 10 }, to: { rules: 10_000 } },
  { label: '2,000 other classes in the container', from: {}, to: { classes: 2000 } },
];

export const growth: RunSection = async ({ rounds = ROUNDS, requests, connections }) => {
  const rows: Row[] = [];
  for (const { label, from, to, added } of GROWTHS) {
    const contestants: Contestant[] = [];
    try {
      contestants.push(...(await startVariant('from', from)));
      contestants.push(...(await startVariant('to', to)));
      const costs = await measure(contestants, { rounds, requests, connections });
      rows.push({ label, figures: figuresOf(costs, added) });
    } finally {
      endAll(contestants);
    }
  }
  return {
    name: 'growth',
    title: 'speed that a token route keeps when its app grows, beside an open route of the same app',
    columns: ['token route keeps', 'open route keeps', 'us CPU for each'],
    rows,
  };
};

async function startVariant(prefix: string, variant: Variant): Promise<Contestant[]> {
  const started = await startServer('secured', { variant });
  return started.map((one) => ({ ...one, name: `${prefix} ${one.name}` }));
}

function figuresOf(costs: Costs, added: number | undefined): Row['figures'] {
  const of = (name: string) => costs.get(name) ?? [];
  const each = (name: string) => of(name).map((microseconds) => microseconds / (added ?? 1));
  return [
    ratioOf(of('from token'), of('to token')),
    ratioOf(of('from open'), of('to open')),
    added === undefined ? undefined : differenceOf(each('to token'), each('from token')),
  ];
}

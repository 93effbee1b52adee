/**
 * What it costs to ask whether a token has been revoked, with few and many revoked ids, and what a million of them take:
 * memory, and time to read them when a process starts. Beside it one HMAC and one JSON.parse, as bench/tokens.ts has them.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { MemoryState } from '../src';
import type { Revocation } from '../src';
import { KnownRevocations } from '../src/tokens/revocation/known-revocations';
import { Revocations } from '../src/tokens/revocation/revocations';

const ROUNDS = 7;
const PER_ROUND = 200_000;
const HOUR_MS = 3_600_000;

const idOf = (): string => randomBytes(8).toString('hex');

function revocations(count: number): Revocation[] {
  const until = Date.now() + HOUR_MS;
  return Array.from({ length: count }, () => ({ id: idOf(), until }));
}

function microsecondsOf(work: (index: number) => unknown): number {
  const start = process.cpuUsage();
  for (let index = 0; index < PER_ROUND; index += 1) work(index);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / PER_ROUND;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

async function main(): Promise<void> {
  const tokens = Array.from({ length: 1000 }, () => ({
    id: idOf(),
    familyId: idOf(),
    user: ':ann',
    issuedAt: Date.now() + HOUR_MS,
  }));
  const works: Record<string, (index: number) => unknown> = {};
  for (const count of [0, 200_000, 1_000_000]) {
    const state = new MemoryState();
    for (let left = count; left > 0; left -= 100_000) {
      await state.revocationLog.append(revocations(Math.min(left, 100_000)));
    }
    const known = new Revocations(
      { log: state.revocationLog, clock: Date.now },
      { maxDelayMs: 60_000, whenUnreachable: 'refuse', whenLost: 'refuseOlder', maxEntries: 1_000_000 },
    );
    const began = performance.now();
    await known.ready;
    console.log(`${String(count)} ids read in ${(performance.now() - began).toFixed(0)} ms`);
    works[`a check, ${String(count)} revoked`] = (index) => {
      const one = tokens[index % tokens.length];
      if (one !== undefined && known.isRevoked(one) !== false) throw new Error('must not be revoked');
    };
  }

  const key = createSecretKey(randomBytes(48));
  const claims = JSON.stringify({
    iss: 'notes',
    aud: 'notes-api',
    sub: 'ann',
    jti: randomBytes(16).toString('hex'),
  });
  works['HMAC + JSON.parse'] = () => {
    createHmac('sha256', key).update(claims).digest('base64url');
    return JSON.parse(claims) as unknown;
  };

  const figures = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) figures.get(name)?.push(microsecondsOf(work));
  }
  for (const [name, values] of figures) console.log(`${name}: ${median(values).toFixed(2)} us`);

  const list = revocations(1_000_000);
  globalThis.gc?.();
  // The ids are kept outside of the heap, in which the list above is.
  const before = process.memoryUsage().arrayBuffers;
  const known = new KnownRevocations(1_000_000, () => undefined);
  for (const entry of list) known.add(entry, Date.now());
  globalThis.gc?.();
  const bytes = process.memoryUsage().arrayBuffers - before;
  console.log(`${String(known.size)} revoked ids take ${(bytes / 1e6).toFixed(1)} MB`);
}

void main();

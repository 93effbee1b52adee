import { type OptInScheme, Passwords } from '../../src';
import { HashPool, hashPool } from '../../src/passwords/work/hash-pool';
import type { HashTask } from '../../src/passwords/work/hash-worker';

export interface HashRow {
  readonly id: string;
  readonly scheme?: string;
  readonly password_hex?: string;
  readonly password_utf8?: string | null;
  readonly hash: string;
  readonly expect: string;
}

export const OPT_IN: readonly OptInScheme[] = ['pbkdf2-sha1', 'ldap-sha', 'des-crypt', 'plaintext'];

const CHEAP = { scheme: 'bcrypt', cost: 4 } as const;

/** An instance that has not seen any hash yet, so that earlier hashes do not raise the cost of its refusals. */
export function fresh(accept: readonly OptInScheme[] = [], pool: HashPool = hashPool): Passwords {
  return new Passwords({ newHashes: CHEAP, accept, pool });
}

/** The pool of the process, which is given equal tasks of several instances only once. */
export class SharingPool extends HashPool {
  readonly #answers = new Map<string, Promise<unknown>>();

  override run(task: HashTask): Promise<unknown> {
    const name = JSON.stringify(task);
    const answer = this.#answers.get(name) ?? hashPool.run(task);
    this.#answers.set(name, answer);
    return answer;
  }
}

/** A password as text; undefined if its bytes are not UTF-8, which no client can send and no string can hold. */
export function passwordOf(row: HashRow): string | undefined {
  if (row.password_hex === undefined) return row.password_utf8 ?? undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(row.password_hex, 'hex'),
    );
  } catch {
    return undefined;
  }
}

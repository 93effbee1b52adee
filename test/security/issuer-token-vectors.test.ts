/** Published vectors of signatures and hostile tokens, held against what verifies the tokens of other issuers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenInvalidError } from '../../src/errors';
import { signerOf } from '../../src/oidc/jose';
import { KeySet } from '../../src/oidc/key-set';
import { FixedKeys } from '../../src/oidc/key-source';
import { ALGORITHMS } from '../../src/oidc/public-key';
import { readTokenHeader } from '../../src/oidc/token-header';
import { TokenVerifier } from '../../src/oidc/token-verifier';

interface Vector {
  readonly id: string;
  readonly comment?: string;
  readonly token: unknown;
  readonly expect: string;
  readonly key?: Record<string, unknown> | null;
  readonly pinned_algorithms?: string[];
  readonly verify_key?: string;
}

interface Attacks {
  readonly now: number;
  readonly issuer: string;
  readonly audience: string;
  readonly keys: Record<string, Record<string, unknown>>;
  readonly vectors: Vector[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '../vectors', name), 'utf8')) as unknown;
const { vectors: wycheproof } = read('jws_wycheproof.json') as { vectors: Vector[] };
const attacks = read('jwt_attacks.json') as Attacks;

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];
/** The vectors hand out private keys too; an issuer publishes the public half. */
const publicHalf = (key: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE.includes(name)));

const keysOf = (key: Record<string, unknown>): Record<string, unknown>[] =>
  Array.isArray(key['keys']) ? (key['keys'] as Record<string, unknown>[]) : [key];

/** A claims set is never empty, and the algorithm of a key is meant (RFC 7517 section 4.4). */
function isRefusedAnyway({ token, key }: Vector): boolean {
  const [header = '', payload] = String(token).split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: unknown };
  return payload === '' || (key?.['alg'] ?? alg) !== alg;
}

/** A modulus of a kind that can be factored: whether an issuer has such a key is not looked at. */
const WEAK_KEY = 'rejectsKeyWithRocaVulnerability';

async function isTaken({ token, key, pinned_algorithms: algorithms = [] }: Vector): Promise<boolean> {
  if (typeof token !== 'string') return false;
  try {
    const { algorithm, kid } = readTokenHeader(token, { algorithms, type: 'auto' });
    const candidates = new KeySet(keysOf(key ?? {}).map(publicHalf)).matching(algorithm, kid);
    return (await signerOf(token, candidates, algorithm)) !== undefined;
  } catch (error) {
    if (error instanceof TokenInvalidError) return false;
    throw error;
  }
}

describe('Wycheproof JWS vectors (RFC 7515) under public keys', () => {
  const rows = wycheproof.filter(
    ({ pinned_algorithms: pinned = [] }) => pinned.length === 1 && ALGORITHMS.includes(pinned[0]!),
  );
  for (const vector of rows.filter(({ comment }) => comment !== WEAK_KEY)) {
    const isValid = vector.expect === 'valid' && !isRefusedAnyway(vector);
    it(`${isValid ? 'takes' : 'refuses'} ${vector.id} ${String(vector.comment)}`, async () => {
      expect(await isTaken(vector)).to.equal(isValid);
    });
  }
  it('has as many rows as it had', () => {
    expect(rows.filter((row) => row.expect === 'valid' && !isRefusedAnyway(row))).to.have.length.of.at.least(
      20,
    );
    expect(rows.filter((row) => row.expect !== 'valid')).to.have.length.of.at.least(250);
  });
});

describe('Hostile JWTs, sent as tokens of another issuer', () => {
  const jwks = Object.values(attacks.keys).filter(({ kty }) => kty !== 'oct');
  const verifierOf = (keys: readonly Record<string, unknown>[]) =>
    new TokenVerifier(
      {
        issuer: attacks.issuer,
        audience: [attacks.audience],
        audienceClaim: 'aud',
        type: 'auto',
        algorithms: ALGORITHMS,
        maxAgeSeconds: 86_400,
        clockToleranceSeconds: 30,
        dpop: false,
        mtls: false,
        tokenCache: 10,
      },
      new FixedKeys(new KeySet(keys)),
      () => attacks.now * 1000,
    );

  for (const vector of attacks.vectors) {
    it(`refuses ${vector.id}`, async () => {
      const { verify_key: name = '' } = vector;
      const own = attacks.keys[name];
      const sets = [jwks, ...(own === undefined || name === 'hs256' ? [] : [[own]])];
      for (const keys of sets) {
        const verified = (async () => verifierOf(keys).verify(String(vector.token)))();
        const error: unknown = await verified.then(
          () => 'taken',
          (thrown: unknown) => thrown,
        );
        expect(error).to.be.instanceOf(TokenInvalidError);
      }
    });
  }
});

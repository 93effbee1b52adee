/** Wycheproof's and the RFCs' signatures by EdDSA, ES256 and RS256, and hostile JWTs, against keys of these algorithms. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigurationError, TokenInvalidError } from '../../src/errors';
import { type JwsKey, verifyCompact } from '../../src/tokens/jws';
import { jwsKey } from '../../src/tokens/jws-key';
import { keysOf, KeySet } from '../../src/tokens/key-set';
import type { TokenAlgorithm } from '../../src/tokens/token-key';

interface Vector {
  id: string;
  token: unknown;
  expect: string;
  alg?: string;
  comment?: string;
  verify_key?: string;
  key?: (JsonWebKey & { keys?: JsonWebKey[] }) | null;
  pinned_algorithms?: string[];
}

interface Ed25519Vector {
  id: string;
  public_jwk: JsonWebKey;
  msg_hex: string;
  sig_hex: string;
  expect: string;
  comment: string;
}

const load = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '..', 'vectors', name), 'utf8')) as unknown;

const wycheproof = (load('jws_wycheproof.json') as { vectors: Vector[] }).vectors;
const ed25519 = (load('ed25519_wycheproof.json') as { vectors: Ed25519Vector[] }).vectors;
const rfc = (load('jwt_rfc.json') as { vectors: Vector[] }).vectors;
const attacks = load('jwt_attacks.json') as { keys: Record<string, JsonWebKey>; vectors: Vector[] };

const own = { algorithm: 'EdDSA', key: generateKeyPairSync('ed25519').privateKey, kid: 'own' } as const;
const textOf = (token: unknown): string => (typeof token === 'string' ? token : JSON.stringify(token));

/** The keys that a set takes as public keys of the algorithm. */
function keysFor(algorithm: TokenAlgorithm, vector: Vector): { sets: KeySet[]; keys: JwsKey[] } {
  const given = vector.key?.keys ?? (vector.key === undefined || vector.key === null ? [] : [vector.key]);
  const sets: KeySet[] = [];
  const keys: JwsKey[] = [];
  for (const jwk of given) {
    try {
      sets.push(new KeySet([own, { algorithm, key: jwk }]));
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigurationError);
      continue;
    }
    keys.push(jwsKey(algorithm, createPublicKey({ key: jwk, format: 'jwk' }), undefined));
  }
  return { sets, keys };
}

function accepts(key: Parameters<typeof verifyCompact>[0], token: unknown): boolean {
  try {
    verifyCompact(key, textOf(token));
    return true;
  } catch (error) {
    expect(error).to.be.instanceOf(TokenInvalidError);
    return false;
  }
}

describe('Wycheproof JWS vectors under ES256 and RS256', () => {
  /** Keys whose primes come from a faulty generator: that cannot be seen from a key of the usual form. */
  const FAULTY_GENERATOR = ['json_web_crypto-46', 'json_web_key-7'];
  /** The file has lost the padding that made these invalid. */
  const validTexts = new Set(wycheproof.filter((row) => row.expect === 'valid').map((row) => row.token));
  let [valid, invalid] = [0, 0];

  for (const algorithm of ['ES256', 'RS256'] as const) {
    for (const vector of wycheproof) {
      if (vector.pinned_algorithms?.length !== 1 || vector.pinned_algorithms[0] !== algorithm) continue;
      if (FAULTY_GENERATOR.includes(vector.id)) continue;
      if (vector.expect !== 'valid' && validTexts.has(vector.token)) continue;
      // Nothing at all is no claims set.
      const isValid = vector.expect === 'valid' && vector.comment !== 'emptyPayload';
      if (isValid) valid += 1;
      else invalid += 1;
      it(`${vector.id} ${String(vector.comment)}: ${isValid ? 'accepted' : 'refused'}`, () => {
        const { sets, keys } = keysFor(algorithm, vector);
        expect(keys.some((key) => accepts(key, vector.token))).to.equal(isValid);
        if (!isValid) expect(sets.some((set) => accepts(keysOf(set), vector.token))).to.equal(false);
      });
    }
  }

  it('are as many as they were', () => {
    expect(valid).to.be.at.least(10);
    expect(invalid).to.be.at.least(190);
  });
});

describe('Wycheproof Ed25519 vectors', () => {
  // What a token signs is text.
  const texts = ed25519.filter(({ msg_hex }) => {
    const bytes = Buffer.from(msg_hex, 'hex');
    return Buffer.from(bytes.toString()).equals(bytes);
  });

  for (const { id, public_jwk, msg_hex, sig_hex, expect: expected, comment } of texts) {
    it(`${id} ${comment}: ${expected}`, () => {
      const key = jwsKey('EdDSA', createPublicKey({ key: public_jwk, format: 'jwk' }), undefined);
      const signature = Buffer.from(sig_hex, 'hex').toString('base64url');
      expect(key.verify(Buffer.from(msg_hex, 'hex').toString(), signature)).to.equal(expected === 'valid');
    });
  }

  it('has texts, valid and not', () => {
    expect(texts.filter((row) => row.expect === 'valid')).to.have.lengthOf.at.least(10);
    expect(texts.filter((row) => row.expect === 'invalid')).to.have.lengthOf.at.least(20);
  });
});

describe('RFC vectors under key pairs', () => {
  const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;
  for (const vector of rfc) {
    const algorithm = ALGORITHMS.find((name) => name === vector.alg);
    if (algorithm === undefined) continue;
    it(`${vector.id} by ${algorithm}: accepted, and refused when anything is changed`, () => {
      const [key] = keysFor(algorithm, vector).keys;
      if (key === undefined) throw new Error('The key was refused');
      const token = textOf(vector.token);
      expect(accepts(key, token)).to.equal(true);
      expect(accepts(key, token.replace('.', 'A.'))).to.equal(false);
      expect(accepts(key, `${token}A`)).to.equal(false);
      expect(accepts(key, `${token}=`)).to.equal(false);
    });
  }

  it('are of all three', () => {
    expect(rfc.map(({ alg }) => alg)).to.include.members([...ALGORITHMS]);
  });
});

describe('hostile JWTs under key pairs', () => {
  const algorithms = { rs256: 'RS256', es256: 'ES256', eddsa: 'EdDSA' } as const;
  /** Two texts of one token, as ECDSA has it: the id of a token is its jti, never its text. */
  const otherText = 'valid-but-different-text';

  it('are refused by a set of all these keys', () => {
    const set = new KeySet([
      own,
      ...Object.entries(algorithms).map(([name, algorithm]) => ({
        algorithm,
        key: attacks.keys[name] ?? {},
        kid: name,
      })),
    ]);
    for (const { id, token } of attacks.vectors) expect(accepts(keysOf(set), token), id).to.equal(false);
  });

  for (const vector of attacks.vectors) {
    const name = vector.verify_key ?? '';
    if (!(name in algorithms)) continue;
    const algorithm = algorithms[name as keyof typeof algorithms];
    it(`${vector.id} (${vector.expect})`, () => {
      const [key] = keysFor(algorithm, { ...vector, key: attacks.keys[name] ?? null }).keys;
      if (key === undefined) throw new Error('The key was refused');
      expect(accepts(key, vector.token)).to.equal(vector.expect === otherText);
    });
  }
});

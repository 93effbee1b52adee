/**
 * DPoP proofs: for each request, the client proves that it has the key that its token is bound to, by signing with that
 * key.
 *
 * The order of the checks matters: the store of proofs comes last, so that only a client with a token and its key can
 * fill it.
 */
import { createHash } from 'node:crypto';
import { TokenInvalidError } from '../errors';
import { decodeBase64Url, type JsonObject, parseJsonObject } from '../tokens/json';
import type { Clock } from '../util/clock';
import { isSameSecret } from '../util/same-secret';
import { DpopNonces } from './dpop-nonces';
import { DpopProofError } from './dpop-proof-error';
import type { DpopSettings } from './dpop-options';
import { signerOf } from './jose';
import { MemoryProofStore, type ProofStore } from './proof-store';
import { readVerifyKey, thumbprintOf, type VerifyKey } from './public-key';
import { requestUrl, sameUrlForm } from './request-url';
import { mediaType } from './token-header';

/** The data that a proof is checked against. */
export interface ProvedRequest {
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly token: string;
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt: string;
}

const MAX_LENGTH = 8192;
const MAX_ID_LENGTH = 256;
/** The client chooses the key, and a longer key takes longer to verify with. */
const MAX_RSA_BITS = 4096;

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export class DpopProofs {
  readonly #nonces: DpopNonces | undefined;
  readonly #store: ProofStore;

  constructor(
    private readonly settings: DpopSettings,
    private readonly clock: Clock,
  ) {
    this.#nonces = settings.nonce && new DpopNonces(settings.nonce, clock);
    this.#store = settings.replays ?? new MemoryProofStore({ clock });
  }

  /** The store of used proofs, for listeners to its problems. */
  get store(): ProofStore {
    return this.#store;
  }

  /**
   * Checks the `DPoP` header of a request.
   * @returns a nonce that the response must carry, if the proof has the previous nonce
   * @throws DpopProofError when the proof is invalid, TokenInvalidError when the token is bound to another key,
   * ServiceUnavailableError when it is unknown whether the proof was used before
   * @see RFC 9449 section 4.3
   */
  async check(proof: string | undefined, request: ProvedRequest): Promise<string | undefined> {
    const { text, header, claims } = readProof(proof);
    const { key, algorithm } = this.#keyOf(header);
    const signer = await signerOf(text, [key.key], algorithm);
    if (signer === undefined) throw new DpopProofError('The signature is wrong');
    const own = (name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);
    const id = own('jti');
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH)
      throw new DpopProofError('jti is wrong');
    if (own('htm') !== request.method) throw new DpopProofError('htm is not the method of the request');
    if (!this.#isFor(own('htu'), request.path))
      throw new DpopProofError('htu is not dpop.origin with the path of the request');
    this.#checkTime(own('iat'));
    const nonce = this.#nonces?.check(own('nonce'));
    const ath = createHash('sha256').update(request.token).digest('base64url');
    const stated = own('ath');
    if (typeof stated !== 'string' || !isSameSecret(stated, ath))
      throw new DpopProofError('ath is not the hash of the token');
    const jkt = thumbprintOf(key.key);
    if (jkt !== request.jkt)
      throw new TokenInvalidError({ cause: new Error('The token is bound to another key') });
    await this.#record(jkt, id);
    return nonce;
  }

  /** The key that a proof contains, and the algorithm that it states. */
  #keyOf(header: JsonObject): { key: VerifyKey; algorithm: string } {
    const own = (name: string): unknown => (Object.hasOwn(header, name) ? header[name] : undefined);
    if (mediaType(own('typ')) !== 'dpop+jwt') throw new DpopProofError('typ is not dpop+jwt');
    const algorithm = own('alg');
    if (typeof algorithm !== 'string' || !this.settings.algorithms.includes(algorithm)) {
      throw new DpopProofError('alg is not in dpop.algorithms');
    }
    if (UNSUPPORTED.some((name) => Object.hasOwn(header, name))) {
      throw new DpopProofError('The header asks for an extension');
    }
    const key = readVerifyKey(own('jwk'), MAX_RSA_BITS);
    if (key === undefined || 'fault' in key || !key.algorithms.includes(algorithm)) {
      throw new DpopProofError('jwk is no public key for alg');
    }
    return { key, algorithm };
  }

  #isFor(htu: unknown, path: string): boolean {
    const stated = typeof htu === 'string' ? sameUrlForm(htu) : undefined;
    return stated !== undefined && stated === requestUrl(this.settings.origin, path);
  }

  #checkTime(iat: unknown): void {
    const isNear =
      typeof iat === 'number' && Math.abs(this.clock() - iat * 1000) <= this.settings.maxAgeSeconds * 1000;
    if (!isNear) throw new DpopProofError('iat is more than dpop.maxAgeSeconds from now');
  }

  async #record(jkt: string, id: string): Promise<void> {
    const hashed = createHash('sha256').update(`${jkt}:${id}`).digest('base64url');
    // The proof is valid until the last millisecond.
    const until = new Date(this.clock() + 2 * this.settings.maxAgeSeconds * 1000 + 1);
    const isNew: unknown = await this.#store.add(hashed, until);
    if (isNew !== true) throw new DpopProofError('The proof was used before');
  }
}

/** Parameters that change the signed content or how the payload is read; none of them is supported. */
const UNSUPPORTED = ['crit', 'b64', 'zip', 'enc'];

/** Node would join two headers with a comma, which no proof contains. */
function readProof(proof: string | undefined): { text: string; header: JsonObject; claims: JsonObject } {
  if (proof === undefined) throw new DpopProofError('There is no proof');
  if (proof.length > MAX_LENGTH || !COMPACT.test(proof)) throw new DpopProofError('It is no compact JWS');
  const [header, claims, signature] = proof.split('.').map(decodeBase64Url);
  const [read, payload] = [parseJsonObject(header), parseJsonObject(claims)];
  if (read === undefined || payload === undefined || signature === undefined) {
    throw new DpopProofError('It is not encoded canonically, or no JSON');
  }
  return { text: proof, header: read, claims: payload };
}

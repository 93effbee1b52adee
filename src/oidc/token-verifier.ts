import { hash, type KeyObject } from 'node:crypto';
import type { MaybePromise } from '../core/userstore';
import { freezeJson, parseJsonObject } from '../tokens/json';
import { invalid } from '../tokens/jws';
import type { Clock } from '../util/clock';
import type { Statement, VerifiedAccessToken } from './access-token';
import { checkTimes, readJwtClaims, type TokenPolicy, toVerified } from './claims';
import { signerOf } from './jose';
import type { KeySource } from './key-source';
import { type HeaderPolicy, isAccessToken, readTokenHeader } from './token-header';

export interface VerifierPolicy extends TokenPolicy, HeaderPolicy {
  /** How many tokens are remembered. */
  readonly tokenCache: number;
}

/** Most claims take a few thousand bytes in memory; what takes so much more is verified each time. */
const MAX_BYTES = 65_536;

interface Known {
  readonly key: KeyObject;
  readonly statement: Statement;
}

/**
 * Verifies the JWTs of one issuer. Of those that it accepted it remembers that the signature is right and what they
 * state, as long as the issuer has the key; those that were not used for longest go first. Times are checked each time.
 */
export class TokenVerifier {
  /** By the SHA-256 of the whole token, the one used last at the end. */
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly policy: VerifierPolicy,
    private readonly keys: KeySource,
    private readonly clock: Clock,
  ) {}

  /**
   * What a token states that the issuer has signed for this API, at once where it is remembered.
   * @throws TokenInvalidError for every other one, ServiceUnavailableError where the keys are not known
   * @see RFC 7515 section 5.2, RFC 9068 section 4
   */
  verify(token: string): MaybePromise<VerifiedAccessToken> {
    const id = hash('sha256', token, 'base64url');
    const known = this.#find(id);
    return known === undefined ? this.#verifyNew(token, id) : this.#accepted(known.statement);
  }

  async #verifyNew(token: string, id: string): Promise<VerifiedAccessToken> {
    const { policy } = this;
    const { algorithm, kid, isUntyped } = readTokenHeader(token, policy);
    const key = await signerOf(token, await this.keys.find(algorithm, kid), algorithm);
    if (key === undefined) throw invalid('The signature is wrong');
    const claims = parseJsonObject(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url'));
    if (claims === undefined) throw invalid('The payload is no claims set');
    if (isUntyped && !isAccessToken(claims)) throw invalid('Nothing shows that it is an access token');
    const bytes = freezeJson(claims);
    const statement = readJwtClaims(claims, policy);
    const accepted = this.#accepted(statement);
    // Only now: a token that is not accepted takes nobody's place.
    if (bytes <= MAX_BYTES) this.#keep(id, { key, statement });
    return accepted;
  }

  #accepted(statement: Statement): VerifiedAccessToken {
    checkTimes(statement, this.policy, this.clock());
    return toVerified(statement, this.policy);
  }

  #find(id: string): Known | undefined {
    const known = this.#known.get(id);
    if (known === undefined) return undefined;
    this.#known.delete(id);
    if (!this.keys.has(known.key)) return undefined;
    this.#known.set(id, known);
    return known;
  }

  #keep(id: string, known: Known): void {
    if (this.policy.tokenCache === 0) return;
    this.#known.delete(id);
    while (this.#known.size >= this.policy.tokenCache) {
      const [oldest] = this.#known.keys();
      if (oldest === undefined) break;
      this.#known.delete(oldest);
    }
    this.#known.set(id, known);
  }
}

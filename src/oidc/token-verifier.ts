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
  /** How many tokens are cached. */
  readonly tokenCache: number;
}

/** Most claims take a few thousand bytes in memory; a much larger token is verified each time. */
const MAX_BYTES = 65_536;

interface Known {
  readonly key: KeyObject;
  readonly statement: Statement;
}

/**
 * Verifies the JWTs of one issuer. It caches the content of accepted tokens, as long as the issuer has the key, so that
 * their signature need not be checked again. The least recently used tokens are dropped first. Times are checked each
 * time.
 */
export class TokenVerifier {
  /** By the SHA-256 of the whole token, the most recently used token last. */
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly policy: VerifierPolicy,
    private readonly keys: KeySource,
    private readonly clock: Clock,
  ) {}

  /**
   * The content of a token that the issuer has signed for this API; synchronous if the token is cached.
   * @throws TokenInvalidError for every other token, ServiceUnavailableError when the keys are unavailable
   * @see RFC 7515 section 5.2, RFC 9068 section 4
   */
  verify(token: string): MaybePromise<VerifiedAccessToken> {
    return this.remembered(token) ?? this.#verifyNew(token);
  }

  /**
   * The same for a cached token, which is known to be of this issuer without further inspection. Undefined for others.
   * @throws TokenInvalidError when the token is no longer valid
   */
  remembered(token: string): VerifiedAccessToken | undefined {
    if (this.#known.size === 0) return undefined;
    const known = this.#find(idOf(token));
    return known && this.#accepted(known.statement);
  }

  async #verifyNew(token: string): Promise<VerifiedAccessToken> {
    const { policy } = this;
    const { algorithm, kid, isUntyped } = readTokenHeader(token, policy);
    const key = await signerOf(token, await this.keys.find(algorithm, kid), algorithm);
    if (key === undefined) throw invalid('The signature is wrong');
    const claims = parseJsonObject(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url'));
    if (claims === undefined) throw invalid('The payload is no claims set');
    if (isUntyped && !isAccessToken(claims))
      throw invalid('The claims do not show that it is an access token: it may be an ID token');
    const bytes = freezeJson(claims);
    const statement = readJwtClaims(claims, policy);
    const accepted = this.#accepted(statement);
    // Only now, so that a refused token never takes the place of another.
    if (bytes <= MAX_BYTES) this.#keep(token, { key, statement });
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

  #keep(token: string, known: Known): void {
    if (this.policy.tokenCache === 0) return;
    const id = idOf(token);
    this.#known.delete(id);
    while (this.#known.size >= this.policy.tokenCache) {
      const [oldest] = this.#known.keys();
      if (oldest === undefined) break;
      this.#known.delete(oldest);
    }
    this.#known.set(id, known);
  }
}

function idOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

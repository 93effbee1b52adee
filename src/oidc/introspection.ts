import { hash } from 'node:crypto';
import type { LookupListener } from '../core/observer';
import { ServiceUnavailableError } from '../errors';
import { freezeJson, type JsonObject } from '../tokens/json';
import { invalid } from '../tokens/jws';
import type { Clock } from '../util/clock';
import { Gate } from '../util/gate';
import type { Discovery } from './discovery';
import { FetchFailedError, type JsonFetcher } from './fetch-json';
import { IntrospectionCache } from './introspection-cache';
import type { IntrospectionSettings } from './introspection-options';
import { reasonOf, type Report } from './key-source';

export interface IntrospectionSources {
  /** Gives the endpoint if the options do not. */
  readonly discovery: Discovery;
  readonly fetcher: JsonFetcher;
  readonly clock: Clock;
  readonly report: Report;
}

const REFUSED = [401, 403];

/** Asks the issuer about tokens. @see RFC 7662 section 2 */
export class Introspection {
  readonly #gate: Gate;
  readonly #cache: IntrospectionCache;
  readonly #authorization: string;
  #isUp = true;
  #isTold = false;

  constructor(
    private readonly settings: IntrospectionSettings,
    private readonly sources: IntrospectionSources,
  ) {
    this.#gate = new Gate(settings.maxConcurrent, 0);
    this.#cache = new IntrospectionCache(settings.cacheSeconds, sources.clock);
    this.#authorization = basic(settings.clientId, settings.clientSecret);
  }

  /** True for a token that is not a JWT and may belong to the issuer. */
  covers(token: string): boolean {
    return this.settings.prefix?.some((prefix) => token.startsWith(prefix)) ?? true;
  }

  /**
   * The issuer's response for a token that it calls active, frozen. Its claims are not checked here.
   * @param onLookup is called with true if the response came from the cache
   * @throws TokenInvalidError when the token is not active, ServiceUnavailableError when the issuer does not answer
   */
  async ask(token: string, onLookup?: LookupListener): Promise<JsonObject> {
    const id = idOf(token);
    const known = this.#cache.find(id);
    onLookup?.(known !== undefined);
    if (known !== undefined) return active(known);
    const { turn } = this.#cache;
    const answer = await this.#gate.pass(() => this.#fetch(token));
    freezeJson(answer);
    this.#cache.keep(id, answer, turn);
    return active(answer);
  }

  /** Records the user of a token, for {@link forget}. */
  noteUser(token: string, username: string): void {
    this.#cache.noteUser(idOf(token), username);
  }

  /** Drops all responses about tokens of a user, and those about tokens with an unknown user. */
  forget(username: string): void {
    this.#cache.forget(username);
  }

  async #fetch(token: string): Promise<JsonObject> {
    const { fetcher, report } = this.sources;
    try {
      const answer = await fetcher.fetch(await this.#endpoint(), {
        headers: { Authorization: this.#authorization },
        form: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      });
      this.#isTold = false;
      if (!this.#isUp) report({ type: 'recovered', problem: 'the issuer introspects tokens again' });
      this.#isUp = true;
      return answer;
    } catch (cause) {
      this.#fail(cause);
      throw new ServiceUnavailableError({ cause });
    }
  }

  #fail(cause: unknown): void {
    const { report } = this.sources;
    if (cause instanceof FetchFailedError && REFUSED.includes(cause.status ?? 0) && !this.#isTold) {
      this.#isTold = true;
      report({ problem: `the issuer refuses to introspect for this client: ${cause.message}` });
    }
    if (!this.#isUp) return;
    this.#isUp = false;
    report({ type: 'degraded', problem: `tokens cannot be introspected: ${reasonOf(cause)}` });
  }

  async #endpoint(): Promise<string> {
    const { endpoint } = this.settings;
    if (endpoint !== undefined) return endpoint;
    const { introspectionEndpoint } = await this.sources.discovery.get();
    if (typeof introspectionEndpoint === 'string') return introspectionEndpoint;
    throw new FetchFailedError('discovery states no introspection_endpoint');
  }
}

/** Only the literal true counts. */
function active(answer: JsonObject): JsonObject {
  if (Object.hasOwn(answer, 'active') && answer['active'] === true) return answer;
  throw invalid('The token is not active');
}

function idOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** @see RFC 6749 section 2.3.1 */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((part) =>
    new URLSearchParams([['', part]]).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

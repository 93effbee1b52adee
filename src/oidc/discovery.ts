import type { Clock } from '../util/clock';
import { printable } from '../util/printable';
import { FetchFailedError, type JsonFetcher } from './fetch-json';
import { Refreshed, type RefreshedOptions } from './refreshed';

/** The metadata that an issuer publishes. */
export interface IssuerMetadata {
  readonly jwksUri: unknown;
  readonly introspectionEndpoint: unknown;
  readonly authorizationEndpoint: unknown;
  readonly tokenEndpoint: unknown;
  readonly endSessionEndpoint: unknown;
  /** True if every authorization response names the issuer. @see RFC 9207 section 3 */
  readonly namesIssuer: boolean;
}

const HOUR_MS = 3_600_000;

/** The metadata of an issuer, refreshed after an hour. */
export class Discovery {
  readonly #documents: Refreshed<IssuerMetadata>;

  constructor(
    readonly issuer: string,
    fetcher: JsonFetcher,
    clock: Clock,
    // By default nothing is reported: the user of the metadata reports the consequence of its absence.
    onChange: RefreshedOptions['onChange'] = () => undefined,
  ) {
    this.#documents = new Refreshed(() => discover(issuer, fetcher), {
      freshMs: HOUR_MS,
      usableMs: 2 * HOUR_MS,
      clock,
      onChange,
    });
  }

  /** @throws ServiceUnavailableError */
  get(): Promise<IssuerMetadata> {
    return this.#documents.get();
  }

  /** The metadata after a refresh, for use when a stated address fails. @throws ServiceUnavailableError */
  renewed(): Promise<IssuerMetadata> {
    return this.#documents.renewed();
  }

  /** Asks the issuer again after `close()`. */
  resume(): void {
    this.#documents.resume();
  }

  close(): void {
    this.#documents.close();
  }
}

/** @see OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3 */
async function discover(issuer: string, fetcher: JsonFetcher): Promise<IssuerMetadata> {
  const base = issuer.replace(/\/$/, '');
  const { origin } = new URL(issuer);
  const path = base.slice(origin.length);
  const document = await fetcher.fetch(`${base}/.well-known/openid-configuration`).catch((error: unknown) => {
    const status = error instanceof FetchFailedError ? (error.status ?? 0) : 0;
    if (status < 400 || status > 499) throw error;
    return fetcher.fetch(`${origin}/.well-known/oauth-authorization-server${path}`);
  });
  const own = (name: string): unknown => (Object.hasOwn(document, name) ? document[name] : undefined);
  const stated = own('issuer');
  if (stated !== issuer) {
    const text = typeof stated === 'string' ? printable(stated) : typeof stated;
    const tenants = text.includes('{') ? '; an issuer with several tenants takes a provider for each' : '';
    throw new FetchFailedError(`discovery states the issuer as ${text}, the options as ${issuer}${tenants}`);
  }
  return {
    jwksUri: own('jwks_uri'),
    introspectionEndpoint: own('introspection_endpoint'),
    authorizationEndpoint: own('authorization_endpoint'),
    tokenEndpoint: own('token_endpoint'),
    endSessionEndpoint: own('end_session_endpoint'),
    namesIssuer: own('authorization_response_iss_parameter_supported') === true,
  };
}

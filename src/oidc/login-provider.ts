/**
 * One OpenID provider: gives the address for a browser, and exchanges a code for an
 * identity.
 */
import type { AppFacts } from '../core/auth-provider';
import { ServiceUnavailableError, type TokenInvalidError } from '../errors';
import { invalid } from '../tokens/jws';
import type { Jwk } from '../util/jwk';
import { safeUrl } from '../util/safe-url';
import { Discovery, type IssuerMetadata } from './discovery';
import { JsonFetcher, type JsonReply } from './fetch-json';
import { type ProvenIdentity, readIdToken } from './id-token';
import { loadJose } from './jose';
import { FetchedKeys, reasonOf, type Report } from './key-source';
import type { OidcLoginSettings } from './login-options';
import { type Logout, readLogoutToken } from './logout-token';
import type { LoginWish, NewLogin, OpenLogin } from './open-login';
import { type ClientAuth, type ClientRequest, type Configuration, loadOpenidClient } from './openid-client';

/** The identity that a code was exchanged for. */
export interface Redeemed extends ProvenIdentity {
  readonly idToken: string;
}

/** The provider's errors if its setup of this client differs from the setup here. @see RFC 6749 section 5.2 */
const NOT_SET_UP = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type'];
const DOWN = ['server_error', 'temporarily_unavailable'];

export class LoginProvider {
  readonly #settings: OidcLoginSettings;
  readonly #fetcher: JsonFetcher;
  readonly #discovery: Discovery;
  readonly #keys: FetchedKeys;
  #authentication: Promise<ClientAuth> | undefined;
  #app: AppFacts | undefined;

  constructor(settings: OidcLoginSettings) {
    this.#settings = settings;
    this.#fetcher = new JsonFetcher(settings.timeoutSeconds * 1000);
    const clock = (): number => this.now();
    const report: Report = (problem) => this.#app?.report({ component: settings.call, ...problem });
    const { issuer } = settings;
    this.#discovery = new Discovery(issuer, this.#fetcher, clock, (isUp, failure) => {
      if (isUp) report({ type: 'recovered', problem: `discovery of ${issuer} is loaded again` });
      else
        report({
          type: 'degraded',
          problem: `discovery of ${issuer} cannot be loaded: ${reasonOf(failure)}`,
        });
    });
    this.#keys = new FetchedKeys(this.#discovery, { fetcher: this.#fetcher, clock, report });
  }

  /** Sets the app that provides the clock and receives reports of problems: the app of the last request. */
  heed(app: AppFacts): void {
    this.#app = app;
  }

  now(): number {
    return (this.#settings.clock ?? this.#app?.clock ?? Date.now)();
  }

  /** The address at which a browser logs in. @throws ServiceUnavailableError while the metadata is unavailable */
  async authorizationUrl(
    redirectUri: string,
    login: NewLogin,
    { maxAge, acr }: Pick<LoginWish, 'maxAge'> & { readonly acr: string | undefined },
  ): Promise<string> {
    const { scope } = this.#settings;
    const configuration = await this.#configuration(await this.#discovery.get());
    const url = loadOpenidClient().buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope,
      state: login.state,
      nonce: login.nonce,
      code_challenge: login.challenge,
      code_challenge_method: 'S256',
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
      ...(acr !== undefined && { acr_values: acr }),
    });
    return url.href;
  }

  /**
   * @param named `iss` of the response
   * @throws TokenInvalidError when another provider may have answered, ServiceUnavailableError when that is unknown
   * @see RFC 9207 section 2.4
   */
  async checkIssuer(named: string | null): Promise<void> {
    if (named !== null && named !== this.#settings.issuer) throw invalid('iss of the answer is another');
    const { namesIssuer } = await this.#discovery.get();
    if (namesIssuer && named === null) throw invalid('The answer has no iss, as the provider announces');
  }

  /**
   * Exchanges a code. The keys are loaded first, so that no code is used up in vain.
   * @param answer the redirect URI with the parameters that the browser sent
   * @throws TokenInvalidError for an invalid code, or an invalid token in exchange for it
   * @throws ServiceUnavailableError when the provider is unavailable
   */
  async redeem(answer: URL, state: string, login: OpenLogin): Promise<Redeemed> {
    await this.#keys.ready();
    const tokens = await this.#tokensFor(answer, state, login);
    const { nonce, maxAge } = login;
    const expected = { nonce, maxAge, accessToken: tokens.access_token, now: this.now() };
    const identity = await readIdToken(tokens.id_token, expected, this.#settings, this.#keys);
    return { ...identity, idToken: String(tokens.id_token) };
  }

  /** The address that ends the session at the provider; undefined if it is unknown at the moment, or does not exist. */
  async logoutUrl(idToken: string | undefined, loginPage: string): Promise<string | undefined> {
    const { clientId, logout } = this.#settings;
    if (logout === 'local') return undefined;
    const metadata = await this.#discovery.get().catch(() => undefined);
    const url = safeUrl(metadata?.endSessionEndpoint);
    if (url === undefined) return undefined;
    if (idToken === undefined) url.searchParams.set('client_id', clientId);
    else url.searchParams.set('id_token_hint', idToken);
    url.searchParams.set('post_logout_redirect_uri', loginPage);
    return url.href;
  }

  /** @throws TokenInvalidError, ServiceUnavailableError */
  readLogout(token: string): Promise<Logout> {
    return readLogoutToken(token, this.#settings, this.#keys, this.now());
  }

  async #tokensFor(
    answer: URL,
    state: string,
    { nonce, verifier, maxAge }: OpenLogin,
  ): Promise<{ readonly id_token?: unknown; readonly access_token?: unknown }> {
    const client = loadOpenidClient();
    const configuration = await this.#configuration(await this.#discovery.get());
    let reply: JsonReply | undefined;
    let failure: unknown;
    configuration[client.customFetch] = async (address: string, request: ClientRequest) => {
      try {
        reply = await this.#send(address, request);
      } catch (error) {
        failure = error;
        throw error;
      }
      return new Response(JSON.stringify(reply.json), {
        status: reply.status,
        headers: { 'Content-Type': 'application/json' },
      });
    };
    try {
      return await client.authorizationCodeGrant(configuration, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(maxAge !== undefined && { maxAge }),
      });
    } catch (error) {
      // Errors of the package may quote tokens.
      if (failure !== undefined) throw unavailable(reasonOf(failure), failure);
      throw this.#refusal(reply, error);
    }
  }

  #send(address: string, { headers, body }: ClientRequest): Promise<JsonReply> {
    const authorization = new Headers(headers).get('authorization');
    return this.#fetcher.exchange(address, {
      form: new URLSearchParams(body as URLSearchParams),
      headers: authorization === null ? {} : { Authorization: authorization },
      statuses: [400, 401, 403],
    });
  }

  /** Why the provider issued no tokens: the code is invalid, or the provider does not accept this app as its client. */
  #refusal(reply: JsonReply | undefined, error: unknown): TokenInvalidError | ServiceUnavailableError {
    if (reply === undefined || reply.status === 200) {
      const code: unknown = (error as { code?: unknown } | undefined)?.code;
      const reason = typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? ` (${code})` : '';
      return invalid(`The response of the token endpoint is not valid${reason}`);
    }
    const code = Object.hasOwn(reply.json, 'error') ? reply.json['error'] : undefined;
    const problem = NOT_SET_UP.find((name) => name === code);
    if (problem !== undefined) {
      const { call, issuer } = this.#settings;
      this.#app?.report({ component: call, problem: `${issuer} refuses this client: ${problem}` });
    }
    if (reply.status === 400 && problem === undefined && !DOWN.some((name) => name === code)) {
      return invalid('The token endpoint refuses the code');
    }
    return unavailable('the token endpoint refuses this client, or is down');
  }

  async #configuration(metadata: IssuerMetadata): Promise<Configuration> {
    const { issuer, clientId, algorithms, clockToleranceSeconds } = this.#settings;
    const [authorization, token] = [safeUrl(metadata.authorizationEndpoint), safeUrl(metadata.tokenEndpoint)];
    if (authorization === undefined || token === undefined) {
      throw unavailable('discovery states no valid authorization_endpoint or token_endpoint');
    }
    const client = loadOpenidClient();
    this.#authentication ??= authenticationOf(this.#settings);
    const configuration = new client.Configuration(
      {
        issuer,
        authorization_endpoint: authorization.href,
        token_endpoint: token.href,
        authorization_response_iss_parameter_supported: metadata.namesIssuer,
        id_token_signing_alg_values_supported: [...algorithms],
      },
      clientId,
      {
        [client.clockSkew]: Math.floor(this.now() / 1000) - Math.floor(Date.now() / 1000),
        [client.clockTolerance]: clockToleranceSeconds,
      },
      await this.#authentication,
    );
    // JsonFetcher decides which addresses are allowed: https, or http on loopback.
    client.allowInsecureRequests(configuration);
    return configuration;
  }
}

/** @throws ConfigurationError without the packages */
export function loadLoginPackages(): void {
  loadOpenidClient();
  loadJose();
}

async function authenticationOf({ clientSecret, privateKey }: OidcLoginSettings): Promise<ClientAuth> {
  const client = loadOpenidClient();
  if (privateKey === undefined) return client.ClientSecretBasic(clientSecret ?? '');
  const { alg, kid } = privateKey as Jwk & { readonly alg: string; readonly kid: string };
  const key = await loadJose().importJWK(privateKey, alg);
  return client.PrivateKeyJwt(
    { key, kid },
    {
      // The algorithm has two names; the provider knows the name in the key.
      [client.modifyAssertion]: (header) => void (header['alg'] = alg),
    },
  );
}

function unavailable(problem: string, cause?: unknown): ServiceUnavailableError {
  return new ServiceUnavailableError({ cause: new Error(problem, { cause }) });
}

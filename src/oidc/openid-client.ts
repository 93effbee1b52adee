import type { MaybePromise } from '../core/userstore';
import { lazy } from '../util/lazy';
import { loadOptional } from '../util/load-optional';

type ClientAuth = (...parameters: never[]) => MaybePromise<void>;
type Configuration = object & Record<symbol, unknown>;

/** The part of the package `openid-client` that is used here. */
interface OpenidClient {
  readonly Configuration: new (
    server: Readonly<Record<string, unknown>>,
    clientId: string,
    metadata: Readonly<Record<symbol, number>>,
    authentication: ClientAuth,
  ) => Configuration;
  readonly customFetch: symbol;
  readonly clockSkew: symbol;
  readonly clockTolerance: symbol;
  readonly modifyAssertion: symbol;
  readonly ClientSecretBasic: (secret: string) => ClientAuth;
  readonly PrivateKeyJwt: (
    key: { readonly key: unknown; readonly kid: string },
    options: Readonly<Record<symbol, (header: Record<string, unknown>) => void>>,
  ) => ClientAuth;
  readonly allowInsecureRequests: (configuration: Configuration) => void;
  readonly buildAuthorizationUrl: (
    configuration: Configuration,
    parameters: Readonly<Record<string, string>>,
  ) => URL;
  readonly authorizationCodeGrant: (
    configuration: Configuration,
    url: URL,
    checks: Readonly<Record<string, unknown>>,
  ) => Promise<{ readonly id_token?: unknown; readonly access_token?: unknown }>;
}

/** The request that the package passes to `customFetch`. */
export interface ClientRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type { ClientAuth, Configuration };

/** @throws ConfigurationError when it is not installed */
export const loadOpenidClient: () => OpenidClient = lazy(
  () => loadOptional('openid-client', 'A login at an OpenID provider') as OpenidClient,
);

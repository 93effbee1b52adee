/** Types for the part of the package `oidc-provider` that this example uses: it has no types of its own. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

interface Saved {
  save(): Promise<string>;
}

export interface Grant extends Saved {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
}

export interface OidcContext {
  readonly oidc: {
    readonly params: Readonly<Record<string, string | undefined>>;
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly entities: { readonly AuthorizationCode?: { readonly authTime?: number } };
  };
}

export interface OidcProvider {
  readonly Grant: new (of: { clientId: string; accountId: string }) => Grant;
  callback(): RequestListener;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<unknown>;
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: { readonly login: { readonly accountId: string } },
  ): Promise<void>;
}

type OidcProviderClass = new (issuer: string, configuration: object) => OidcProvider;

/** @param name a parameter, because the compiler would require the types of a package in a literal import */
export async function loadOidcProvider(name = 'oidc-provider'): Promise<OidcProviderClass> {
  return ((await import(name)) as { default: OidcProviderClass }).default;
}

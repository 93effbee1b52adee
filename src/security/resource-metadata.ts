/**
 * The metadata of the app as a protected resource. Clients use it to find the issuers of tokens and the scopes to
 * request.
 * @see RFC 9728
 */

import type { ResourceSettings } from '../http/resource-options';
import type { Component } from '../components/components';
import type { AuthProviderInterface, ProviderDescription } from '../core/auth-provider';
import { TokenProvider } from '../providers/token';
import { isInstance } from '../util/instance';

/** The document as it is served. @see RFC 9728 section 2 */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly string[];
  readonly resource_documentation?: string;
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly dpop_bound_access_tokens_required?: boolean;
  readonly tls_client_certificate_bound_access_tokens?: boolean;
}

export function resourceMetadata(
  { url, scopes, documentation }: ResourceSettings,
  providers: readonly Component<AuthProviderInterface>[],
): ResourceMetadata {
  const described = providers
    .map(({ get }) => get())
    // Only the app itself issues tokens of that issuer.
    .filter((provider) => !isInstance(provider, TokenProvider))
    .map((provider): ProviderDescription => provider.describe?.() ?? {})
    .filter(({ issuer }) => issuer !== undefined);
  const issuers = [...new Set(described.flatMap(({ issuer }) => issuer ?? []))];
  const algorithms = [...new Set(described.flatMap(({ dpop }) => dpop?.algorithms ?? []))];
  const isBoundOnly = described.length > 0 && described.every(({ dpop }) => dpop?.required === true);
  return {
    resource: url,
    ...(issuers.length > 0 && { authorization_servers: issuers }),
    ...(scopes !== undefined && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...(algorithms.length > 0 && { dpop_signing_alg_values_supported: algorithms }),
    ...(isBoundOnly && { dpop_bound_access_tokens_required: true }),
    ...(described.some(({ mtls }) => mtls === true) && { tls_client_certificate_bound_access_tokens: true }),
  };
}

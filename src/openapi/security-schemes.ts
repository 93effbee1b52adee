/** The security schemes of an app, as its providers describe them. */
import { isDeepStrictEqual } from 'node:util';
import type { Component } from '../components/components';
import { type AuthProviderInterface, credentialsOf, type SecurityScheme } from '../core/auth-provider';
import { ConfigurationError } from '../errors';
import { isJson, type Json } from './json';

/** The schemes by name, in the order of the providers. */
export type SecuritySchemes = Readonly<Record<string, SecurityScheme>>;

/** A valid name in `components`. @see OpenAPI Specification 3.1.1 section 4.8.7.1 */
const COMPONENT_NAME = /^[\w.-]+$/;

/**
 * The schemes of all providers.
 * @param base the schemes of the app's own document
 * @throws ConfigurationError for a cookie that its provider does not describe, and for two schemes with the same name
 */
export function securitySchemes(
  providers: readonly Component<AuthProviderInterface>[],
  base: Json,
): SecuritySchemes {
  const found = new Map<string, { readonly scheme: SecurityScheme; readonly by: string }>();
  for (const provider of providers) {
    for (const [wanted, scheme] of schemesOf(provider)) {
      const name = wanted === OPEN_ID ? freeName(wanted, scheme, found) : wanted;
      const known = found.get(name);
      if (known === undefined) found.set(name, { scheme, by: provider.name });
      else if (!isDeepStrictEqual(known.scheme, scheme)) throw differing(name, known.by, provider.name);
    }
  }
  for (const [name, { scheme, by }] of found) {
    if (Object.hasOwn(base, name) && !isDeepStrictEqual(base[name], scheme))
      throw differing(name, by, '`base`');
  }
  return Object.fromEntries([...found].map(([name, { scheme }]) => [name, scheme]));
}

const OPEN_ID = 'openIdConnect';

type Named = readonly (readonly [name: string, scheme: SecurityScheme])[];

function schemesOf(component: Component<AuthProviderInterface>): Named {
  const provider = component.get();
  const { securitySchemes: described, openIdConnectUrl, dpop, apiKey } = provider.describe?.() ?? {};
  if (described !== undefined) return describedBy(component.name, described);
  const credentials = credentialsOf(provider);
  const schemes = (provider.schemes ?? []).filter((scheme) => scheme !== 'bearer' || dpop?.required !== true);
  const headers = new Set(credentials.filter((credential) => !NO_HEADERS.includes(credential)));
  if (apiKey !== undefined) headers.add(apiKey.header.toLowerCase());
  if (credentials.includes('cookie')) {
    throw new ConfigurationError(
      `securityDocument(): ${component.name} reads a cookie, and only it knows its name: say so by ` +
        "describe(), { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'sid' } } }",
    );
  }
  return [
    ...(credentials.includes('authorization') ? ofAuthorization(schemes) : []),
    ...[...headers].map((header) => [camelCase(header), inHeader(header)] as const),
    ...(credentials.includes('tls') ? [['mutualTLS', { type: 'mutualTLS' }] as const] : []),
    ...(openIdConnectUrl === undefined ? [] : [[OPEN_ID, { type: OPEN_ID, openIdConnectUrl }] as const]),
  ];
}

const NO_HEADERS: readonly string[] = ['authorization', 'cookie', 'tls', 'body'];

/** Without schemes the provider reads the header in its own way, so the whole header is listed as an API key. */
function ofAuthorization(schemes: readonly string[]): Named {
  if (schemes.length === 0) return [['authorization', inHeader('Authorization')]];
  return schemes.map((scheme) => [scheme, { type: 'http', scheme }] as const);
}

function inHeader(name: string): SecurityScheme {
  return { type: 'apiKey', in: 'header', name };
}

/** `x-api-key` as `xApiKey`. */
function camelCase(header: string): string {
  return header.replace(/[^a-z0-9]+([a-z0-9]?)/gi, (_match, next: string) => next.toUpperCase());
}

function describedBy(provider: string, described: unknown): Named {
  const entries = isJson(described) ? Object.entries(described) : [];
  const isValid =
    isJson(described) && entries.every(([name, scheme]) => COMPONENT_NAME.test(name) && isJson(scheme));
  if (isValid) return entries as unknown as Named;
  throw new ConfigurationError(
    `securityDocument(): securitySchemes of ${provider}.describe() must have schemes by name, of letters, digits, ` +
      'dots, hyphens and underscores',
  );
}

/** A second issuer gets a scheme of its own. */
function freeName(
  wanted: string,
  scheme: SecurityScheme,
  found: ReadonlyMap<string, { readonly scheme: SecurityScheme }>,
): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}${String(count)}`;
    const known = found.get(name);
    if (known === undefined || isDeepStrictEqual(known.scheme, scheme)) return name;
  }
}

function differing(name: string, first: string, second: string): ConfigurationError {
  return new ConfigurationError(
    `securityDocument(): ${first} and ${second} both have a security scheme ${name}, and they differ: give one of ` +
      'them another name',
  );
}

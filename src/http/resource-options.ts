import { kind, listOf, optional } from '../util/option-kinds';
import { type Kind, objectOf } from '../util/parse-options';
import { isSafeBase } from '../util/safe-url';
import { isScope } from '../util/scope-name';

/** The app as a protected resource, for clients that search for its issuer. @see RFC 9728 */
export interface ResourceOptions {
  /**
   * The exact URL that clients use, for example `https://api.example/mcp`: https, or http on this machine, without
   * query and fragment.
   */
  url: string;
  /** The scopes that clients may request. @default omitted */
  scopes?: readonly string[];
  /** A page for developers. @default omitted */
  documentation?: string;
}

export interface ResourceSettings {
  readonly url: string;
  readonly scopes: readonly string[] | undefined;
  readonly documentation: string | undefined;
  /** The URL of the metadata, and its path. */
  readonly metadataUrl: string;
  readonly metadataPath: string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const shape = objectOf({
  url: kind<string>(
    'must be a URL of https (or of http on this machine) without query and fragment',
    isSafeBase,
  ),
  scopes: optional(listOf('scopes', isScope)),
  documentation: optional(
    kind<string>('must be a URL', (value) => typeof value === 'string' && URL.canParse(value)),
  ),
});

/** The options, with the URL of the metadata. @see RFC 9728 section 3.1 */
export const resource: Kind<ResourceSettings> = (value, name, report) => {
  const { url, scopes, documentation } = shape(value, name, report);
  if (!isSafeBase(url)) return { url, scopes, documentation, metadataUrl: '', metadataPath: '' };
  const { origin, pathname } = new URL(url);
  const metadataPath = WELL_KNOWN + (pathname === '/' ? '' : pathname);
  return { url, scopes, documentation, metadataUrl: origin + metadataPath, metadataPath };
};

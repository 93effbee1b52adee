import { isText, kind, optional, text, wholeNumber } from '../util/option-kinds';
import { type Kind, objectOf, type Values } from '../util/parse-options';
import { safeUrl } from '../util/safe-url';

/** How the issuer is asked about tokens that are not JWTs. @see RFC 7662 */
export interface IntrospectionOptions {
  /** @default the `introspection_endpoint` of the issuer's discovery */
  readonly endpoint?: string;
  /** The client id of this API at the issuer. */
  readonly clientId: string;
  /** The type allows `undefined` so that `process.env.X` can be passed; it is refused like an empty secret. */
  readonly clientSecret: string | undefined;
  /**
   * The prefixes of the issuer's tokens; other tokens are left to other providers.
   * @default every token that is not a JWT belongs to the issuer
   */
  readonly prefix?: string | readonly string[];
  /**
   * How long a response is reused, in seconds from 0 to 3600. A revoked token stays valid for that time.
   * @default 0
   * @see RFC 7662 section 4
   */
  readonly cacheSeconds?: number;
  /**
   * How many requests may be in progress at once, from 1 to 10000; further requests are refused with 503.
   * @default 50
   */
  readonly maxConcurrent?: number;
}

const prefix: Kind<readonly string[]> = (value, name, report) => {
  const prefixes: readonly unknown[] = Array.isArray(value) ? Array.from(value as unknown[]) : [value];
  if (prefixes.length === 0 || !prefixes.every(isText)) {
    report(`${name} must be a non-empty string, or a list of at least one`);
  }
  return Object.freeze([...prefixes]) as readonly string[];
};

const OPTIONS = {
  endpoint: optional(
    kind<string>('must be a URL: https, or http on loopback', (value) => safeUrl(value) !== undefined),
  ),
  clientId: text,
  clientSecret: kind<string>('must be the non-empty secret of the client; set it in the environment', isText),
  prefix: optional(prefix),
  cacheSeconds: optional(wholeNumber({ min: 0, max: 3600 }), 0),
  maxConcurrent: optional(wholeNumber({ min: 1, max: 10_000 }), 50),
} satisfies Record<keyof IntrospectionOptions, Kind<unknown>>;

export type IntrospectionSettings = Values<typeof OPTIONS>;

export const introspectionKind: Kind<IntrospectionSettings> = objectOf(OPTIONS);

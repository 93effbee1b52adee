import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { flag, optional, wholeNumber, withMethods } from '../util/option-kinds';
import { type Kind, objectOf, type Values } from '../util/parse-options';
import { algorithms } from './algorithms-option';
import { isSafeBase } from '../util/safe-url';
import type { ProofStore } from './proof-store';

/** Options for tokens that are bound to a key, which the client proves to have at each request. @see RFC 9449 */
export interface DpopOptions {
  /**
   * The origin that clients use, with the path that a proxy strips: `https://api.example/v1`. A proof names the URL of
   * its request. That URL is compared with this origin, never with a header.
   */
  readonly origin: string;
  /** Whether tokens that are not bound to a key are refused. @default false */
  readonly required?: boolean;
  /** The algorithms of proofs. @default ES256, EdDSA, PS256, RS256 */
  readonly algorithms?: readonly string[];
  /**
   * The maximum difference between a proof's time and now, in both directions, in seconds from 1 to 300.
   * @default 60
   */
  readonly maxAgeSeconds?: number;
  /**
   * Requires a nonce of the server in every proof. The secret has at least 32 bytes, and must be the same in all
   * processes. A nonce is valid for at least `seconds`, from 1 to 3600, and for at most twice as long.
   * @default no nonce is required; seconds 300
   * @see RFC 9449 section 9
   */
  readonly nonce?: { readonly secret: string | Uint8Array | undefined; readonly seconds?: number };
  /** The store that records used proofs. @default new MemoryProofStore() */
  readonly replays?: ProofStore;
}

const MIN_SECRET_BYTES = 32;

const secret: Kind<KeyObject> = (value, name, report) => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (bytes instanceof Uint8Array && bytes.length >= MIN_SECRET_BYTES) return createSecretKey(bytes);
  report(
    `${name} must have at least ${String(MIN_SECRET_BYTES)} bytes; make one with \`openssl rand -base64 48\` and set ` +
      'it in the environment',
  );
  return createSecretKey(randomBytes(MIN_SECRET_BYTES));
};

/** Without a slash at its end, since the path of a request starts with a slash. */
const origin: Kind<string> = (value, name, report) => {
  if (!isSafeBase(value)) {
    report(`${name} must be the origin that clients use: https, or http on loopback, without a query`);
  }
  return String(value).replace(/\/+$/, '');
};

const OPTIONS = {
  origin,
  required: optional(flag, false),
  algorithms: algorithms(Object.freeze(['ES256', 'EdDSA', 'PS256', 'RS256'])),
  maxAgeSeconds: optional(wholeNumber({ min: 1, max: 300 }), 60),
  nonce: optional(objectOf({ secret, seconds: optional(wholeNumber({ min: 1, max: 3600 }), 300) })),
  replays: optional(withMethods<ProofStore>('add')),
} satisfies Record<keyof DpopOptions, Kind<unknown>>;

export type DpopSettings = Values<typeof OPTIONS>;

export const dpopKind: Kind<DpopSettings> = objectOf(OPTIONS);

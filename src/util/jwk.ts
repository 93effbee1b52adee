/**
 * A key in JSON, public or private, with the members of its kind. Declared here, as `@types/node` no longer has the
 * type in a single place. @see RFC 7517 section 4, RFC 7518 section 6
 */
// An interface could not be passed to node:crypto, whose type has an index signature.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
export type Jwk = {
  /** The kind of the key: `RSA`, `EC`, `OKP` or `oct`. */
  readonly kty?: string;
  readonly alg?: string;
  readonly kid?: string;
  readonly use?: string;
  readonly key_ops?: string[];
  /** The curve of `EC` and `OKP`. */
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  /** The private part. */
  readonly d?: string;
  readonly n?: string;
  readonly e?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
  /** The bytes of `oct`. */
  readonly k?: string;
};

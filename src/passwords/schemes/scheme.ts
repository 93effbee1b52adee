import type { Engines } from '../work/engines';
import type { Work } from '../work/work';

/** Schemes that are read only if the app accepts them: they protect too little, or not at all. */
export const OPT_IN_SCHEMES = ['pbkdf2-sha1', 'ldap-sha', 'des-crypt', 'plaintext'] as const;
/** Schemes that are read only if the option `accept` lists them, as their hashes are weak or not hashes at all. */
export type OptInScheme = (typeof OPT_IN_SCHEMES)[number];

/** One hash format. */
export interface Scheme {
  /** Hashes whose scheme has another name than that of new hashes are upgraded. */
  readonly name: string;
  /** The name by which the app must accept it. */
  readonly optIn?: OptInScheme;
  /** The optional package that computes it. */
  readonly needs?: 'argon2';
  /** True for a text that begins like hashes of the scheme. */
  recognises(hash: string): boolean;
  /** The work of a verification; undefined unless the hash is complete, canonical and within the bounds. */
  workOf(hash: string): Work | undefined;
  /** True if the password belongs to the hash, for which {@link workOf} must be defined. Runs in a thread. */
  verify(password: string, hash: string, engines: Engines): boolean | Promise<boolean>;
}

/** A scheme that can create new hashes. */
export interface MakingScheme<S> extends Scheme {
  /** Runs in a thread. */
  hash(password: string, settings: S, engines: Engines): string | Promise<string>;
  /** A hash with these settings, of no known password. */
  decoy(settings: S): string;
  /** True for a readable hash that is weaker than new hashes in any setting. */
  isWeaker(hash: string, settings: S): boolean;
}

/** The hashes of another scheme with a prefix. */
export function prefixed(name: string, prefix: RegExp, scheme: Scheme): Scheme {
  const rest = (hash: string) => hash.replace(prefix, '');
  return {
    name,
    ...(scheme.optIn && { optIn: scheme.optIn }),
    ...(scheme.needs && { needs: scheme.needs }),
    recognises: (hash) => prefix.test(hash) && scheme.recognises(rest(hash)),
    workOf: (hash) => scheme.workOf(rest(hash)),
    verify: (password, hash, engines) => scheme.verify(password, rest(hash), engines),
  };
}

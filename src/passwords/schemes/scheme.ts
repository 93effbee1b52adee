import type { Engines } from '../work/engines';
import type { Work } from '../work/work';

/** Schemes that are read only where the app accepts them: they protect too little, or nothing. */
export const OPT_IN_SCHEMES = ['pbkdf2-sha1', 'ldap-sha', 'des-crypt', 'plaintext'] as const;
/** Schemes that are read only where the option `accept` lists them, as their hashes are weak or not hashes at all. */
export type OptInScheme = (typeof OPT_IN_SCHEMES)[number];

/** One way of writing down hashes. */
export interface Scheme {
  /** Hashes of another name than new ones have are upgraded. */
  readonly name: string;
  /** Under which name the app must accept it. */
  readonly optIn?: OptInScheme;
  /** The optional package that computes it. */
  readonly needs?: 'argon2';
  /** True for what begins as its hashes do. */
  recognises(hash: string): boolean;
  /** The work of a verification; undefined unless the hash is complete, canonical and within the bounds. */
  workOf(hash: string): Work | undefined;
  /** True when the password is the one behind the hash, which has a {@link workOf}. Runs in a thread. */
  verify(password: string, hash: string, engines: Engines): boolean | Promise<boolean>;
}

/** A scheme that can make new hashes. */
export interface MakingScheme<S> extends Scheme {
  /** Runs in a thread. */
  hash(password: string, settings: S, engines: Engines): string | Promise<string>;
  /** A hash of such settings, of no known password. */
  decoy(settings: S): string;
  /** True for a readable hash that has not all that new ones have. */
  isWeaker(hash: string, settings: S): boolean;
}

/** The hashes of another scheme with something in front of them. */
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

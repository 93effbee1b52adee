/** Creates hashes by settings that are known to be valid. Threads load this file, so it loads nothing but the schemes. */
import type { Engines } from './work/engines';
import { argon2, type Argon2idSettings } from './schemes/argon2';
import { bcrypt, type BcryptSettings } from './schemes/bcrypt';
import { pbkdf2Sha256, pbkdf2Sha512, type Pbkdf2Settings } from './schemes/pbkdf2';
import type { MakingScheme, Scheme } from './schemes/scheme';
import { scrypt, type ScryptSettings } from './schemes/scrypt';

/** `NewHashes` with all numbers filled in. */
export type HashSettings = Argon2idSettings | BcryptSettings | Pbkdf2Settings | ScryptSettings;

/** A scheme that creates hashes with certain settings. */
export interface Maker {
  readonly scheme: Scheme;
  hash(password: string, engines: Engines): string | Promise<string>;
  decoy(): string;
  isWeaker(hash: string): boolean;
}

/** The scheme for these settings. */
export function makerOf(settings: HashSettings): Maker {
  switch (settings.scheme) {
    case 'bcrypt':
      return maker(bcrypt, settings);
    case 'argon2id':
      return maker(argon2, settings);
    case 'scrypt':
      return maker(scrypt, settings);
    case 'pbkdf2-sha256':
      return maker(pbkdf2Sha256, settings);
    case 'pbkdf2-sha512':
      return maker(pbkdf2Sha512, settings);
  }
}

function maker<S>(scheme: MakingScheme<S>, settings: S): Maker {
  return {
    scheme,
    hash: (password, engines) => scheme.hash(password, settings, engines),
    decoy: () => scheme.decoy(settings),
    isWeaker: (hash) => scheme.isWeaker(hash, settings),
  };
}

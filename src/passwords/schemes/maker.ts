/**
 * The schemes that create hashes, by their settings. The threads load this file, so it must load nothing of the app:
 * the errors, for one, load routing-controllers.
 */
import type { Engines } from '../work/engines';
import { argon2, type Argon2idSettings } from './argon2';
import { bcrypt, type BcryptSettings } from './bcrypt';
import { pbkdf2Sha256, pbkdf2Sha512, type Pbkdf2Settings } from './pbkdf2';
import type { MakingScheme, Scheme } from './scheme';
import { scrypt, type ScryptSettings } from './scrypt';

/** The settings of new hashes, with all numbers filled in. */
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

/** The packages that compute in the threads, loaded on first use. */
import { createRequire } from 'node:module';

/** The packages that can compute bcrypt, in the order in which they are tried. */
export type Engine = 'bcrypt' | 'bcryptjs';

export interface Bcrypt {
  hashSync(password: string, salt: string): string;
  compareSync(password: string, hash: string): boolean;
}

export interface Argon2Settings {
  readonly raw: true;
  readonly type: 0 | 1 | 2;
  readonly version: number;
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly hashLength: number;
}

export interface Argon2 {
  hash(password: string, settings: Argon2Settings): Promise<Buffer>;
}

/** The package names that the pool was given. */
export interface EngineNames {
  readonly engines: readonly Engine[];
  readonly argon2: string;
}

export class Engines {
  readonly #names: EngineNames;
  #bcrypt: Bcrypt | undefined;
  #argon2: Argon2 | undefined;

  constructor(names: EngineNames) {
    this.#names = names;
  }

  // A package that cannot be loaded is tried again at the next task: loading may have failed only for lack of file
  // descriptors.
  bcrypt(): Bcrypt {
    return (this.#bcrypt ??= load(this.#names.engines) as Bcrypt);
  }

  argon2(): Argon2 {
    return (this.#argon2 ??= load([this.#names.argon2]) as Argon2);
  }
}

function load([first = '', ...others]: readonly string[]): unknown {
  try {
    // By `require`, which does not cache a failure, unlike `import`.
    return createRequire(__filename)(first);
  } catch (error) {
    if (others.length === 0) throw error;
    return load(others);
  }
}

import {
  type PasswordHasher,
  PasswordProvider,
  type PasswordProviderOptions,
  Passwords,
  passwords,
} from '../../src';
import { withoutContainer } from '../../src/util/parse-options';

const cheap = (): Passwords => new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });
let current = cheap();

/**
 * Makes new hashes, and so equalised refusals, as cheap as the hashes in most tests. If a test has costlier hashes, its
 * own refusals cost more, but not those of later tests.
 */
export const cheapPasswords: PasswordHasher = {
  hash: (password) => current.hash(password),
  verify: (...args) => current.verify(...args),
  isReadable: (hash) => current.isReadable(hash),
  needsRehash: (hash) => current.needsRehash(hash),
  decoy: () => current.decoy(),
  explain: (hash) => current.explain(hash),
};

/** Makes {@link cheapPasswords} forget the hashes that it has seen. */
export function forgetDearHashes(): void {
  current = cheap();
}

/** A PasswordProvider for tests that are not about hashes. */
export class CheapPasswordProvider extends PasswordProvider {
  constructor(options: PasswordProviderOptions = {}) {
    super({ passwords: cheapPasswords, ...(withoutContainer(options) as PasswordProviderOptions) });
  }
}

/** A hasher with some methods replaced; the others are those of another hasher. */
export function hasherWith(
  own: Partial<PasswordHasher>,
  base: PasswordHasher = cheapPasswords,
): PasswordHasher {
  return {
    hash: (password) => base.hash(password),
    verify: (...args) => base.verify(...args),
    isReadable: (hash) => base.isReadable(hash),
    needsRehash: (hash) => base.needsRehash(hash),
    decoy: () => base.decoy(),
    ...own,
  };
}

/**
 * Has the library's own hasher be as cheap, in a suite about an app whose code is not the test's. Its first hash must be
 * made within the suite.
 */
export function withCheapHashes(): void {
  const methods = ['hash', 'verify', 'isReadable', 'needsRehash', 'decoy', 'explain'] as const;
  before(() => {
    for (const method of methods) {
      Object.defineProperty(passwords, method, { value: cheapPasswords[method], configurable: true });
    }
  });
  after(() => {
    for (const method of methods) Reflect.deleteProperty(passwords, method);
  });
}

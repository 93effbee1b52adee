/** Apps with API keys, for tests. */
import { hashSync } from 'bcryptjs';
import {
  ApiKeyProvider,
  type ApiKeyProviderOptions,
  ApiKeys,
  type ApiKeysOptions,
  Authentication,
  type Constructor,
  MemoryUserstore,
  PasswordProvider,
  type User,
} from '../../src';
import { cheapPasswords } from './hashers';
import { PlainState } from './plain-state';

export const PASSWORD = 'correct horse battery';
export const HASH = hashSync(PASSWORD, 4);

/** A state that counts its calls, and that a test can inspect and change. */
export class WatchedState extends PlainState {
  readonly calls: string[] = [];

  override get(key: string) {
    this.calls.push(`get ${key}`);
    return super.get(key);
  }

  override set(...args: Parameters<PlainState['set']>) {
    this.calls.push(`set ${args[0]}`);
    return super.set(...args);
  }

  override delete(key: string) {
    this.calls.push(`delete ${key}`);
    return super.delete(key);
  }

  /** The only entry. */
  get only(): { key: string; row: Record<string, unknown> } {
    const [[key, { value }] = ['', { value: 'null' }], ...others] = [...this.entries];
    if (others.length > 0) throw new Error('There is more than one entry');
    return { key, row: JSON.parse(value) as Record<string, unknown> };
  }

  /** Changes what is stored, as another process would. */
  rewrite(key: string, change: Record<string, unknown> | string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) throw new Error(`There is no ${key}`);
    entry.value =
      typeof change === 'string'
        ? change
        : JSON.stringify({ ...(JSON.parse(entry.value) as object), ...change });
  }
}

export function keysOf(options: ApiKeysOptions): ApiKeys {
  return new ApiKeys(options);
}

export function keyProviderOf(
  keys: ApiKeys,
  options?: ApiKeyProviderOptions,
  name = 'Key',
): Constructor<ApiKeyProvider> {
  class Key extends ApiKeyProvider {
    constructor() {
      super(keys, options);
    }
  }
  return Object.defineProperty(Key, 'name', { value: name });
}

export class Password extends PasswordProvider {
  constructor() {
    super({ passwords: cheapPasswords });
  }
}

export function usersOf(...users: readonly User[]): Constructor<MemoryUserstore> {
  return class Users extends MemoryUserstore {
    constructor() {
      super({ users });
    }
  };
}

/** A login that an app states itself. */
export function login(user: Partial<User> = {}): Authentication {
  return new Authentication({ username: 'ann', ...user });
}

import { Authentication } from '../core/authentication';
import type { AuthProviderInterface } from '../core/auth-provider';
import type { Challenge } from '../core/challenge';
import { reportMisconfigured } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import { STORE_OF, type UserstoreInterface } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, ServiceUnavailableError } from '../errors';
import { decoyHash, isReadableHash } from '../passwords/bcrypt';
import {
  type CacheTicket,
  CredentialCache,
  type CredentialCacheOptions,
} from '../passwords/credential-cache';
import type { PasswordHasher } from '../passwords/password-hasher';
import { passwords } from '../passwords/passwords';
import { printable } from '../util/printable';
import { parseBasicCredentials } from './basic-credentials';

export interface PasswordProviderOptions {
  /** How long verified credentials are remembered; false for not at all. @default 60 seconds, 10000 entries */
  credentialCache?: CredentialCacheOptions | false;
}

/**
 * Authenticates HTTP Basic credentials against the userstore.
 *
 * Every refusal costs one hash verification, whether the user is unknown, has no password, has a stored
 * hash that cannot be read, or another password, so timing does not tell who exists. Where there is no
 * hash to verify, a decoy stands in, at the cost of the stored hash that was seen last. So the times are
 * alike where all stored hashes have one cost; from the start to the first known user it is that of new
 * hashes.
 *
 * Credentials that were verified are remembered for a minute. The user is loaded on every request all the same,
 * so a changed or removed user, hash, role or `active` counts at once.
 * @see RFC 7617 section 2
 */
export class PasswordProvider<U extends User = User> implements AuthProviderInterface<U> {
  readonly credential: string = 'authorization';
  declare readonly name?: string;
  protected readonly hasher: PasswordHasher = passwords;
  readonly #cache: CredentialCache | undefined;
  #decoy = decoyHash();

  /** @throws ConfigurationError for options out of bounds */
  constructor(options: PasswordProviderOptions = {}) {
    // Without a constructor of its own, a provider gets its container here.
    const { credentialCache } = options;
    this.#cache = credentialCache === false ? undefined : new CredentialCache(credentialCache);
  }

  /**
   * @throws BadCredentialsError when the user is unknown, has no readable hash, or another password.
   * @throws MalformedCredentialsError when the credentials cannot be read; the store is not asked.
   * @throws AccountStatusError when the password is right and the user inactive.
   * @throws ServiceUnavailableError when too much hash work is waiting, or nobody waits for its end any more.
   */
  async authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface<U>,
  ): Promise<Authentication<U> | null> {
    const credentials = parseBasicCredentials(request.header('authorization'));
    if (credentials === null) return null;

    const user = (await userstore.getUser(credentials.username)) ?? undefined;
    if (user !== undefined && !isUser(user)) {
      throw new TypeError('The userstore returned something that is no user');
    }
    const hash = this.#readableHash(request, user);
    const stored = hash ?? this.#decoy;
    // Looking at the signal costs an AbortController, which remembered credentials need not pay for.
    const verify = async (): Promise<unknown> => {
      if (isAborted(request)) throw new ServiceUnavailableError();
      return this.hasher.verify(credentials.password, stored, request.signal);
    };
    // Unknown users take the same way, so that many equal guesses at once take as long for them.
    const ticket = this.#ticket(userstore, user ?? credentials.username, credentials.password, stored);
    const proved = this.#cache && ticket ? await this.#cache.prove(ticket, verify) : await verify();
    if (user === undefined || hash === undefined || proved !== true) throw new BadCredentialsError();
    if (user.active === false) throw new AccountStatusError();
    if (ticket && this.#cache?.has(ticket) === false && !isAborted(request)) this.#cache.add(ticket);
    return new Authentication(user, { methods: ['pwd'] });
  }

  /** Without a realm, which the chain puts in front. */
  challenge(): Challenge | undefined {
    return { scheme: 'Basic', params: { charset: 'UTF-8' } };
  }

  forget(username: string): void {
    this.#cache?.forget(username);
  }

  #ticket(
    userstore: UserstoreInterface<U>,
    user: U | string,
    password: string,
    hash: string,
  ): CacheTicket | undefined {
    if (typeof user === 'string') {
      return this.#cache?.ticket({ store: NOWHERE, username: user, password, hash });
    }
    const chain = userstore as UserstoreInterface<U> & { [STORE_OF]?(user: User): object | undefined };
    const store = chain[STORE_OF]?.(user) ?? userstore;
    return this.#cache?.ticket({ store, username: user.username, password, hash });
  }

  #readableHash(request: SecurityRequest, user: U | undefined): string | undefined {
    const hash = user?.password ?? '';
    if (user === undefined || hash === '') return undefined;
    if (!isReadableHash(hash)) {
      reportMisconfigured(request, {
        component: this.name ?? this.constructor.name,
        user: printable(user.username),
        problem: 'stored password hash cannot be read',
      });
      return undefined;
    }
    this.#decoy = decoyHash(hash);
    return hash;
  }
}

/** Stands for the store of users that no store has. */
const NOWHERE = {};

function isAborted({ signal }: SecurityRequest): boolean {
  return signal.aborted;
}

import { Authentication } from '../core/authentication';
import type { AuthProviderInterface } from '../core/auth-provider';
import type { Challenge } from '../core/challenge';
import { reportMisconfigured } from '../core/events';
import type { SecurityRequest } from '../core/request';
import { isUser, type User } from '../core/user';
import type { UserstoreInterface } from '../core/userstore';
import { AccountStatusError, BadCredentialsError, ServiceUnavailableError } from '../errors';
import { decoyHash, isReadableHash } from '../passwords/bcrypt';
import type { PasswordHasher } from '../passwords/password-hasher';
import { passwords } from '../passwords/passwords';
import { printable } from '../util/printable';
import { parseBasicCredentials } from './basic-credentials';

/**
 * Authenticates HTTP Basic credentials against the userstore.
 *
 * Every refusal costs one hash verification, whether the user is unknown, has no password, has a stored
 * hash that cannot be read, or another password, so timing does not tell who exists. Where there is no
 * hash to verify, a decoy stands in, at the cost of the stored hash that was seen last. So the times are
 * alike where all stored hashes have one cost; from the start to the first known user it is that of new
 * hashes.
 * @see RFC 7617 section 2
 */
export class PasswordProvider<U extends User = User> implements AuthProviderInterface<U> {
  readonly credential: string = 'authorization';
  declare readonly name?: string;
  protected readonly hasher: PasswordHasher = passwords;
  #decoy = decoyHash();

  /**
   * @throws BadCredentialsError when the user is unknown, has no readable hash, or another password.
   * @throws MalformedCredentialsError when the credentials cannot be read; the store is not asked.
   * @throws AccountStatusError when the password is right and the user inactive.
   * @throws ServiceUnavailableError when the deadline passed before the hash work began.
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
    if (request.signal.aborted) throw new ServiceUnavailableError();

    const hash = this.#readableHash(request, user);
    const proved: unknown = await this.hasher.verify(credentials.password, hash ?? this.#decoy);
    if (user === undefined || hash === undefined || proved !== true) throw new BadCredentialsError();
    if (user.active === false) throw new AccountStatusError();
    return new Authentication(user, { methods: ['pwd'] });
  }

  /** Without a realm, which the chain puts in front. */
  challenge(): Challenge | undefined {
    return { scheme: 'Basic', params: { charset: 'UTF-8' } };
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

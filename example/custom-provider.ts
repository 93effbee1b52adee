/**
 * A template for a provider of your own, here for API keys of another system in a header. Copy it and adapt it. For
 * keys that users of your app create themselves, use securest's `ApiKeys`, `ApiKeyProvider` and `apiKeyController()`:
 * they store hashes, times and scopes, and revoke keys.
 *
 *   node -r @swc-node/register example/custom-provider.ts
 *
 * starts an app with it and prints a curl line.
 */
import 'reflect-metadata';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { CurrentUser, Get, JsonController, createKoaServer } from 'routing-controllers';
import {
  AuthProvider,
  Authentication,
  BadCredentialsError,
  MalformedCredentialsError,
  MemoryUserstore,
  Userstore,
  securest,
} from 'securest';
import type { AuthProviderInterface, SecurityRequest, User, UserstoreInterface } from 'securest';
import { Container } from 'typedi';

/** The record of a key. Never store the key itself: anyone who reads your database could use it. */
export interface ApiKey {
  /** SHA-256 is enough for a key of 32 random bytes. A password that a person chose needs bcrypt. */
  digest: Buffer;
  username: string;
  /** The permitted uses of the key; actions get them as `login.scopes` from `@CurrentAuthentication()`. */
  scopes: string[];
}

export class ApiKeys {
  constructor(private readonly keys: readonly ApiKey[]) {}

  find(key: string): ApiKey | undefined {
    const digest = digestOf(key);
    // `===` stops at the first different byte, so its timing tells how much of a guess was right.
    // With thousands of keys, put an id before each secret (`id.secret`) and look the key up by its id.
    return this.keys.find((stored) => timingSafeEqual(stored.digest, digest));
  }
}

export function newKey(): string {
  return randomBytes(32).toString('base64url');
}

export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The number is the place in the chain: lower numbers are asked first, and each number may be used once. */
@AuthProvider(1)
export class ApiKeyProvider implements AuthProviderInterface {
  // The header that the provider reads. Replies then vary on it, and when this provider is down, only
  // providers that read other credentials may still let the request in.
  readonly credential = 'x-api-key';

  // A key was made earlier. So its logins are not recent, whatever `recentLogin()` asks for.
  readonly proves = 'key';

  // Constructor parameters come from TypeDI.
  constructor(private readonly keys: ApiKeys) {}

  async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
    const key = request.header('X-Api-Key');

    // Not for this provider: the chain asks the next one.
    if (key === undefined) return null;

    // The header is for this provider, but its value cannot be a key: nothing needs to be looked up.
    // Two such headers are refused here too, since Node joins them with a comma.
    if (!/^[\w-]{43}$/.test(key)) throw new MalformedCredentialsError();

    // Well-formed but wrong: 401. Tell the client no more than that; the error takes a `cause` for your log.
    const stored = this.keys.find(key);
    if (stored === undefined) throw new BadCredentialsError();

    // Always load the user, so that a deleted user is refused at once. The chain itself refuses inactive
    // users. A store that is down throws ServiceUnavailableError: do not catch it, the client gets 503.
    const user = await userstore.getUser(stored.username);
    if (!user) throw new BadCredentialsError();

    // `return user` alone would work too. An Authentication also states how the user logged in.
    return new Authentication(user, { methods: ['api_key'], scopes: stored.scopes });
  }

  // Optional: the challenge of a 401, as a `WWW-Authenticate` header.
  challenge() {
    return { scheme: 'ApiKey' };
  }
}

// From here on: the smallest app that uses the provider.

@Userstore()
export class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'robot', roles: ['reader'] }] });
  }
}

@JsonController()
export class WhoAmIController {
  @Get('/whoami')
  whoAmI(@CurrentUser() user: User) {
    return user;
  }
}

export function createApp(keys: ApiKeys): Koa {
  Container.set(ApiKeys, keys);
  return createKoaServer(
    securest({
      controllers: [WhoAmIController],
      security: { default: 'authenticated', userstores: [Users], providers: [ApiKeyProvider] },
    }),
  );
}

if (require.main === module) {
  const key = newKey();
  const app = createApp(new ApiKeys([{ digest: digestOf(key), username: 'robot', scopes: ['read'] }]));
  const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(`curl -H 'X-Api-Key: ${key}' http://127.0.0.1:${port}/whoami`);
  });
}

/**
 * A template for a provider of your own, here for API keys of another system in a header. Copy it and change what you
 * need. For keys that users of your app make themselves, take `ApiKeys`, `ApiKeyProvider` and `apiKeyController()` of
 * securest: they keep hashes, times and scopes, and end keys.
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

/** What you store for each key: never the key itself, or whoever reads your database can use it. */
export interface ApiKey {
  /** SHA-256 is enough for a key of 32 random bytes. A password, which people choose, needs bcrypt. */
  digest: Buffer;
  username: string;
  /** What the key may be used for; actions find it as `login.scopes` by `@CurrentAuthentication()`. */
  scopes: string[];
}

export class ApiKeys {
  constructor(private readonly keys: readonly ApiKey[]) {}

  find(key: string): ApiKey | undefined {
    const digest = digestOf(key);
    // `===` would end at the first byte that differs, and so tell how much of a guess was right.
    // Where there are thousands of keys, put an id in front of each (`id.secret`) and look it up by that.
    return this.keys.find((stored) => timingSafeEqual(stored.digest, digest));
  }
}

export function newKey(): string {
  return randomBytes(32).toString('base64url');
}

export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The number is the place in the chain: lower ones are asked first, and no two may have the same. */
@AuthProvider(1)
export class ApiKeyProvider implements AuthProviderInterface {
  // Names the header that it reads. Replies then vary on it, and when this provider is down, only
  // providers that read something else may still let the request in.
  readonly credential = 'x-api-key';

  // Constructor parameters come from TypeDI.
  constructor(private readonly keys: ApiKeys) {}

  async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
    const key = request.header('X-Api-Key');

    // Not for this provider: the chain asks the next one.
    if (key === undefined) return null;

    // For this provider, and it cannot be a key: no need to ask anything. Two such headers end here too,
    // since Node joins them by a comma.
    if (!/^[\w-]{43}$/.test(key)) throw new MalformedCredentialsError();

    // Well-formed and wrong: 401. Say no more than that; the error takes a `cause` for your log.
    const stored = this.keys.find(key);
    if (stored === undefined) throw new BadCredentialsError();

    // Always load the user, so that a deleted one is out at once. The chain refuses inactive ones by
    // itself. A store that is down throws ServiceUnavailableError: let it pass, the client gets 503.
    const user = await userstore.getUser(stored.username);
    if (!user) throw new BadCredentialsError();

    // A bare `return user` would do. An Authentication says how the user logged in as well.
    return new Authentication(user, { methods: ['api_key'], scopes: stored.scopes });
  }

  // Optional: what a 401 asks for, as a `WWW-Authenticate` header.
  challenge() {
    return { scheme: 'ApiKey' };
  }
}

// From here on: the smallest app that uses it.

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

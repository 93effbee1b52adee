/**
 * The secured app that is measured: public API of the library only. Each variant differs from the plain one in one
 * thing, so that what grows can be told from what does not.
 */
import { hashSync } from 'bcryptjs';
import type KoaClass from 'koa';
import type {
  Authentication,
  Constructor,
  IssuedToken,
  SecurityOptions,
  SecurityRequest,
  User,
  UserstoreInterface,
} from '../../../src';
import type { Library } from '../library';
import { API_KEY, AUDIENCE, basic, BODY, ISSUER, PASSWORD, SECRET, USERNAME } from '../target';
import { RawConnection, requestText } from '../raw-client';
import { listenKoa } from './listen';
import { permissionClass } from './path-rules';

export interface Variant {
  /** Providers ahead of the one that grants, each of which says "not mine". */
  readonly providers?: number;
  /** The same, with `async authenticate()`. */
  readonly asyncProviders?: number;
  readonly users?: number;
  /** Guarded actions beside the measured one. */
  readonly routes?: number;
  readonly rules?: number;
  /** Other classes in the container. */
  readonly classes?: number;
}

export type Kind = 'token' | 'basic' | 'key';

export const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class SecuredApps {
  readonly #library: Library;
  readonly #variant: Variant;
  readonly #options: SecurityOptions;
  readonly #providers: Readonly<Record<Kind, Constructor<object>>>;
  readonly #issue: (login: Authentication) => IssuedToken;

  constructor(library: Library, variant: Variant = {}) {
    this.#library = library;
    this.#variant = variant;
    const { MemoryUserstore, PasswordProvider, TokenProvider, TokenService } = library.securest;
    const { Service } = library.typedi;
    const others = Array.from({ length: (variant.users ?? 1) - 1 }, (_, id) => ({
      username: `u${String(id)}`,
    }));
    const user = { username: USERNAME, password: hashSync(PASSWORD, 10), roles: ['admin'] };

    class Users extends MemoryUserstore {
      constructor() {
        super({ users: [...others, user] });
      }
    }
    @Service()
    class Tokens extends TokenService {
      constructor() {
        super({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE, ttlSeconds: 40_000 });
      }
    }
    @Service()
    class Token extends TokenProvider {
      constructor(tokens: Tokens) {
        super(tokens);
      }
    }
    class Basic extends PasswordProvider {
      constructor() {
        super({ credentialCache: { ttlSeconds: 3600 } });
      }
    }
    class Key {
      readonly credential = 'x-api-key';
      readonly #owners = new Map([[API_KEY, USERNAME]]);
      authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
        const key = request.header('x-api-key');
        if (key === undefined) return null;
        const owner = this.#owners.get(key);
        if (owner === undefined) throw new library.securest.BadCredentialsError();
        return userstore.getUser(owner);
      }
    }
    for (let id = 0; id < (variant.classes ?? 0); id += 1) Service()(class Other {});
    const rules = variant.rules ?? 0;
    this.#options = {
      userstores: [Users],
      authorizationProviders: rules === 0 ? [] : [permissionClass(library, rules)],
      logger: SILENT,
      // The first login hashes, which takes long on a machine that has more to do.
      deadlineMs: 60_000,
    };
    this.#providers = { token: Token, basic: Basic, key: Key };
    this.#issue = (login) => library.typedi.Container.get(Tokens).issue(login);
  }

  /** `/open`, `/guarded` and `/admin`, by one provider. */
  build(kind: Kind): KoaClass {
    const { host } = this.#library;
    const { Authorized, Get, JsonController } = host;
    const { Public } = this.#library.securest;
    @JsonController()
    class Api {
      @Public() @Get('/open') open() {
        return BODY;
      }
      @Authorized() @Get('/guarded') guarded() {
        return BODY;
      }
      @Authorized('admin') @Get('/admin') admin() {
        return BODY;
      }
    }
    const providers = [...this.#further(), this.#providers[kind]];
    return this.#server(providers, [...otherControllers(this.#library, this.#variant.routes ?? 0), Api]);
  }

  /** A token as an app of this library's version gives it. */
  async mint(): Promise<string> {
    const { Authorized, JsonController, Post } = this.#library.host;
    const { CurrentAuthentication } = this.#library.securest;
    const issue = this.#issue;
    @JsonController()
    class Login {
      @Authorized() @Post('/token') token(@CurrentAuthentication() login: Authentication) {
        return issue(login);
      }
    }
    const app = this.#server([this.#providers.basic], [Login]);
    const connection = await RawConnection.open(await listenKoa(app));
    const reply = await connection.send(requestText('/token', basic(USERNAME, PASSWORD), 'POST', ''));
    connection.close();
    if (reply.status !== 200) throw new Error(`No token: ${String(reply.status)} ${reply.body}`);
    return (JSON.parse(reply.body) as { token: string }).token;
  }

  #server(providers: readonly Constructor<object>[], controllers: Constructor<object>[]): KoaClass {
    const { host, securest, Koa } = this.#library;
    const security = securest.createSecurity({ ...this.#options, providers: providers as never });
    const app = new Koa();
    app.silent = true;
    return host.useKoaServer<KoaClass>(app, security.secure({ controllers }));
  }

  #further(): Constructor<object>[] {
    const { providers = 0, asyncProviders = 0 } = this.#variant;
    return [
      ...Array.from({ length: providers }, (_, id) => furtherProvider(id)),
      ...Array.from({ length: asyncProviders }, (_, id) => furtherAsyncProvider(id)),
    ];
  }
}

function furtherProvider(id: number): Constructor<object> {
  const header = `x-further-${String(id)}`;
  return class Further {
    readonly name = header;
    readonly credential = header;
    authenticate(request: SecurityRequest): User | null {
      return request.header(header) === undefined ? null : { username: USERNAME };
    }
  };
}

function furtherAsyncProvider(id: number): Constructor<object> {
  const header = `x-further-async-${String(id)}`;
  return class Further {
    readonly name = header;
    readonly credential = header;
    async authenticate(request: SecurityRequest): Promise<User | null> {
      return request.header(header) === undefined ? null : { username: USERNAME };
    }
  };
}

/** Ten guarded actions in each controller. */
export function otherControllers({ host }: Library, routes: number): Constructor<object>[] {
  const { Authorized, Get, JsonController } = host;
  return Array.from({ length: Math.ceil(routes / 10) }, (_, id) => {
    class Other {
      action() {
        return BODY;
      }
    }
    for (let action = 0; action < 10; action += 1) {
      const name = `action${String(action)}`;
      const descriptor = { value: () => BODY, configurable: true, writable: true };
      Object.defineProperty(Other.prototype, name, descriptor);
      Get(`/${name}`)(Other.prototype, name);
      const guard = action % 2 === 0 ? Authorized() : Authorized('admin');
      guard(Other.prototype, name);
    }
    JsonController(`/other${String(id)}`)(Other);
    return Other;
  });
}

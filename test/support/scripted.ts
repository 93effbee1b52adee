/** Scripted providers and stores, in a small app that counts its actions. */
import type http from 'node:http';
import {
  Authorized,
  CurrentUser,
  Get,
  JsonController,
  Post,
  type RoutingControllersOptions,
} from 'routing-controllers';
import {
  type Authentication,
  type AuthProviderInterface,
  type Challenge,
  type Constructor,
  createSecurity,
  CurrentAuthentication,
  type Security,
  type SecurityEvent,
  type SecurityOptions,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
} from '../../src';
import { type Around, type Driver, type RawResponse, TestServer } from './drivers';
import { PATIENCE_MS } from './deadlines';
import { MemoryLogger } from './reset';

export type ProviderClass = Constructor<AuthProviderInterface>;
export type StoreClass = Constructor<UserstoreInterface>;

export interface ScriptedOptions {
  credential?: string;
  challenge?: Challenge;
}

/** A provider that only passes the store to its script, which may return and throw anything. */
export function provider(
  name: string,
  script: (request: SecurityRequest, userstore: UserstoreInterface) => unknown,
  options: ScriptedOptions = {},
): ProviderClass {
  return class {
    readonly name = name;
    readonly credential = options.credential ?? 'authorization';
    authenticate(request: SecurityRequest, ...rest: UserstoreInterface[]): User {
      return script(request, rest[0]!) as User;
    }
    challenge(): Challenge | undefined {
      return options.challenge;
    }
  };
}

/** A userstore that only runs its script. */
export function store(getUser: (identifier: string) => unknown): StoreClass {
  return class {
    getUser(identifier: string): User {
      return getUser(identifier) as User;
    }
  };
}

/** A running app: its server, its log, its events and its actions. */
export interface Api extends AsyncDisposable {
  readonly server: TestServer;
  readonly logger: MemoryLogger;
  readonly events: SecurityEvent[];
  /** The actions that ran, by name. */
  readonly ran: string[];
  readonly security: Security;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, headers?: Record<string, string>): Promise<Reply>;
}

/** A reply with the header values that fetch would join. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly challenges: readonly string[];
  json(): Record<string, unknown>;
}

export interface ApiOptions {
  security: SecurityOptions;
  host?: RoutingControllersOptions;
  around?: Around;
}

/** Starts an app with a guarded action, an open action and an action that requires a user. */
export async function startApi(driver: Driver, { security, host = {}, around }: ApiOptions): Promise<Api> {
  const ran: string[] = [];
  const events: SecurityEvent[] = [];
  const logger = new MemoryLogger();
  const secured = createSecurity({
    logger,
    deadlineMs: PATIENCE_MS,
    onEvent: (event) => {
      events.push(event);
    },
    ...security,
  });
  const controllers = host.controllers ?? [apiController(ran)];
  const server = await TestServer.start(driver.build(secured.secure({ ...host, controllers }), around));
  const send = async (method: string, path: string, headers: Record<string, string> = {}) =>
    toReply(await server.raw(path, { method, headers }));
  return {
    server,
    logger,
    events,
    ran,
    security: secured,
    get: (path, headers) => send('GET', path, headers),
    post: (path, headers) => send('POST', path, headers),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function apiController(ran: string[]): Constructor<object> {
  const answer = (action: string, user: User | undefined) => {
    ran.push(action);
    return { user: user?.username ?? null };
  };

  @JsonController()
  class Api {
    @Authorized() @Get('/guarded') guarded(@CurrentUser() user: User) {
      return answer('guarded', user);
    }
    @Authorized() @Post('/guarded') change(@CurrentUser() user: User) {
      return answer('change', user);
    }
    @Authorized('admin') @Get('/admin') admin(@CurrentUser() user: User) {
      return answer('admin', user);
    }
    @Get('/open') open(@CurrentUser() user?: User) {
      return answer('open', user);
    }
    @Get('/required') required(@CurrentUser({ required: true }) user: User) {
      return answer('required', user);
    }
    @Authorized() @Get('/many') many(
      @CurrentUser() a: User,
      @CurrentUser() b: User,
      @CurrentUser() c: User,
      @CurrentUser() d: User,
      @CurrentUser() e: User,
      @CurrentAuthentication() login: Authentication,
    ) {
      ran.push('many');
      return { users: [a, b, c, d, e, login.user].map(({ username }) => username) };
    }
  }
  return Api;
}

export function toReply({ status, response, text }: RawResponse): Reply {
  const { headers, rawHeaders } = response;
  return {
    status,
    text,
    headers,
    rawHeaders,
    challenges: valuesOf(rawHeaders, 'www-authenticate'),
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}

/** The value of each line with this name. */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

/** The reply without the parts that differ between any two replies, for a comparison byte by byte. */
export function fingerprint(reply: Reply): string {
  const lines: string[] = [];
  for (let index = 0; index < reply.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = reply.rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() !== 'date') lines.push(`${name}: ${value}`);
  }
  return `${reply.status}\n${lines.join('\n')}\n\n${reply.text}`;
}

/** The whole bodies of error responses. */
export const BODIES = {
  missing: body('AuthenticationRequiredError', 'authentication_required', 'Unauthorized User'),
  bad: body('BadCredentialsError', 'invalid_credentials', 'Unauthorized User'),
  malformed: body('MalformedCredentialsError', 'malformed_credentials', 'Unauthorized User'),
  invalidRequest: body('InvalidRequestError', 'invalid_request', 'Malformed Credentials'),
  denied: body('AccessDeniedError', 'access_denied', 'Access Denied'),
  throttled: body('ThrottledError', 'too_many_attempts', 'Too Many Attempts'),
  unavailable: body('ServiceUnavailableError', 'authentication_unavailable', 'Authentication Unavailable'),
  fault: body('SecurityFaultError', 'security_error', 'Security Error'),
} as const;

function body(name: string, code: string, message: string) {
  return { name, code, message };
}

/** Records the errors that would end a process, until it is disposed of. */
export class CrashWatch implements Disposable {
  readonly crashes: unknown[] = [];
  readonly #hear = (error: unknown) => void this.crashes.push(error ?? 'undefined');

  constructor() {
    process.on('unhandledRejection', this.#hear);
    process.on('uncaughtException', this.#hear);
  }

  /** The recorded errors, once all earlier errors have surfaced. */
  async settled(): Promise<unknown[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.crashes;
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#hear);
    process.off('uncaughtException', this.#hear);
  }
}

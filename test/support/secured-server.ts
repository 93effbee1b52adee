/** A secured app with a fixed cast of users, for tests of access. */
import type { ErrorRequestHandler } from 'express';
import {
  type AuthProviderInterface,
  BadCredentialsError,
  type Challenge,
  type SecurestOptions,
  securest,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
} from '../../src';
import { type Around, type Driver, TestServer } from './drivers';
import { MemoryLogger } from './reset';

/** Authenticates the user that the `X-User` header names. */
export class NameProvider implements AuthProviderInterface {
  readonly credential: string = 'x-user';

  async authenticate(request: SecurityRequest, userstore: UserstoreInterface): Promise<User | null> {
    const name = request.header('x-user');
    if (name === undefined) return null;
    const user = await userstore.getUser(name);
    if (user === null || user === undefined) throw new BadCredentialsError();
    return user;
  }

  challenge(): Challenge {
    return { scheme: 'Name' };
  }
}

/** The name of each user states the roles. */
export class CastUserstore implements UserstoreInterface {
  getUser(name: string): User | null {
    if (name === 'user') return { username: name };
    if (name === 'both') return { username: name, roles: ['staff', 'editor'] };
    return name === 'staff' || name === 'editor' ? { username: name, roles: [name] } : null;
  }
}

/** The callers: `nobody` sends no credentials, `user` has no role, `both` has both roles. */
export const ANYONE = ['nobody', 'user', 'staff', 'editor', 'both'] as const;
/** Every authenticated user. */
export const USERS = ANYONE.slice(1);

export type CastMember = (typeof ANYONE)[number];

/** The request headers of a member of the cast. */
export function as(who: CastMember): Record<string, string> {
  return who === 'nobody' ? {} : { 'x-user': who };
}

export class SecuredServer implements AsyncDisposable {
  private constructor(
    readonly server: TestServer,
    readonly logger: MemoryLogger,
  ) {}

  /** Starts an app with the cast as its users, and with further `options`. */
  static async start(driver: Driver, options: SecurestOptions, around?: Around): Promise<SecuredServer> {
    const logger = new MemoryLogger();
    const server = await TestServer.start(driver.build(secured(options, logger), around));
    return new SecuredServer(server, logger);
  }

  /** The warnings in the log. */
  get warnings(): string[] {
    return this.logger.lines.filter((line) => line.startsWith('warn'));
  }

  async status(path: string, who: CastMember = 'nobody', method = 'GET'): Promise<number> {
    return (await this.server.raw(path, { method, headers: as(who) })).status;
  }

  async json(path: string, who: CastMember = 'nobody'): Promise<unknown> {
    return (await this.server.fetch(path, { headers: as(who) })).json();
  }

  /**
   * The callers that get in. All others must be refused properly: `nobody` with 401 and the challenge, an
   * authenticated user with 403.
   */
  async admitted(path: string, method = 'GET'): Promise<CastMember[]> {
    const inside: CastMember[] = [];
    for (const who of ANYONE) {
      const { status, response } = await this.server.raw(path, { method, headers: as(who) });
      const refused = who === 'nobody' ? 401 : 403;
      if (status === 200) inside.push(who);
      else if (status !== refused) throw new Error(`${who} got ${status} at ${path}, not ${refused}`);
      if (status === 401 && response.headers['www-authenticate'] !== 'Name realm="api"') {
        throw new Error(`${who} got a 401 without the challenge at ${path}`);
      }
    }
    return inside;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

/** Keeps Express from printing the errors that a test provokes in the host itself. */
export const QUIET: Around = {
  express: {
    after: (app) => {
      app.use(((error: { status?: number } | undefined, _request, response, _next) => {
        if (!response.headersSent) response.status(error?.status ?? 500);
        response.end();
      }) satisfies ErrorRequestHandler);
    },
  },
};

/** The options of an app with the cast as its users. */
export function secured(options: SecurestOptions, logger = new MemoryLogger()): SecurestOptions {
  const security = { logger, providers: [NameProvider], userstores: [CastUserstore], ...options.security };
  return securest({ ...options, security });
}

/** The message with which an app refuses to start; fails when it starts. */
export function refusal(driver: Driver, options: SecurestOptions): string {
  try {
    driver.build(secured(options));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'invalid_configuration') return (error as Error).message;
    throw error;
  }
  throw new Error('The app started');
}

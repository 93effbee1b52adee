/**
 * The app that runs everywhere: users with passwords, tokens by HS256, guarded actions, a validated body. Its classes
 * get what they ask for, and its parameters their types, by decorator metadata only.
 */
import 'reflect-metadata';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { IsString } from 'class-validator';
import {
  Authorized,
  Body,
  createKoaServer,
  CurrentUser,
  Get,
  JsonController,
  Post,
  QueryParam,
  type RoutingControllersOptions,
} from 'routing-controllers';
import {
  Authentication,
  AuthProvider,
  CurrentAuthentication,
  MemoryUserstore,
  PasswordProvider,
  securest,
  TokenProvider,
  TokenService,
  type User,
  Userstore,
} from 'securest';
import { Service } from 'typedi';

/** Of 'green-paper-boat', at the lowest cost: what a hash costs is not tried here. */
const HASH = '$2b$04$WktRhBznX5FnaRSHIaPtVefQSmyYOdT4QpFkN6d2JiMsy1fvZa8sO';

@Service()
export class Tokens extends TokenService {
  constructor() {
    super({
      secret: 'a secret of the compat app, of 32 bytes or more',
      issuer: 'compat',
      audience: 'compat',
    });
  }
}

@Userstore()
export class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', password: HASH, roles: ['editor'] }] });
  }
}

@AuthProvider(1)
export class Password extends PasswordProvider {}

@AuthProvider(2)
export class Token extends TokenProvider {
  constructor(tokens: Tokens) {
    super(tokens);
  }
}

export class Note {
  @IsString()
  text!: string;
}

@Authorized()
@JsonController()
export class NotesController {
  constructor(private readonly tokens: Tokens) {}

  @Get('/me')
  me(@CurrentUser() user: User): { username: string } {
    return { username: user.username };
  }

  @Post('/token')
  token(@CurrentAuthentication() login: Authentication): { token: string } {
    return { token: this.tokens.issue(login).token };
  }

  @Authorized('admin')
  @Get('/admin')
  admin(): { isOpen: boolean } {
    return { isOpen: true };
  }

  @Authorized('editor')
  @Post('/notes')
  add(@Body() note: Note, @QueryParam('count') count: number): { text: string; count: number } {
    return { text: note.text, count };
  }
}

export const options = (): RoutingControllersOptions =>
  securest({ controllers: [NotesController], security: { deadlineMs: 60_000 } });

export function koaApp(): http.RequestListener {
  const app = createKoaServer(options()) as { callback(): http.RequestListener };
  return app.callback();
}

/** Serves on a free port. */
export async function serve(handle: http.RequestListener): Promise<{ url: string; close(): void }> {
  const server = http.createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Serves until the process is ended, and prints where. */
export function start(handle: http.RequestListener): void {
  void serve(handle).then(({ url }) => console.log(`listening on ${url}`));
}

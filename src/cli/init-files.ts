/**
 * The files of a new app, as `securest init` writes them. Their imports end in `.js`, which the compiler accepts for
 * both CommonJS and ES modules.
 */
export type InitDriver = 'koa' | 'express';

/** The needs of a host, in addition to those of every app. */
interface Host {
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  readonly imports: string;
  readonly createApp: string;
}

const HOSTS: Readonly<Record<InitDriver, Host>> = {
  koa: {
    dependencies: ['koa'],
    devDependencies: ['@types/koa'],
    imports: `import Koa from 'koa';
import { useKoaServer } from 'routing-controllers';`,
    createApp: `  const handle = useKoaServer(new Koa(), options()).callback();
  return (request, response) => void handle(request, response);`,
  },
  express: {
    dependencies: ['express'],
    devDependencies: ['@types/express'],
    imports: `import express from 'express';
import { useExpressServer } from 'routing-controllers';`,
    createApp: `  return useExpressServer(express(), options());`,
  },
};

export function isInitDriver(text: string): text is InitDriver {
  return Object.hasOwn(HOSTS, text);
}

/** The packages of the app, by their section in package.json. */
export function packagesOf(driver: InitDriver): { dependencies: string[]; devDependencies: string[] } {
  const { dependencies, devDependencies } = HOSTS[driver];
  return {
    dependencies: [
      'class-transformer',
      'class-validator',
      ...dependencies,
      'reflect-metadata',
      'routing-controllers',
      'securest',
      'typedi',
    ].toSorted(),
    devDependencies: [...devDependencies, '@types/node', 'typescript'].toSorted(),
  };
}

export const SCRIPTS: Readonly<Record<string, string>> = {
  build: 'tsc',
  start: 'node dist/server.js',
  test: 'node --test dist/*.test.js',
  report: 'securest report dist/without-users.js --check securest.lock.json',
};

export const USERS_FILE = 'users.yaml';
export const LOCK_FILE = 'securest.lock.json';

/** The required compiler options, for an app that already has a tsconfig.json. */
export const COMPILER_NEEDS =
  'experimentalDecorators, emitDecoratorMetadata, "rootDir": "src" and "outDir": "dist"';

/** The paths that Git must ignore. */
export const IGNORED: readonly string[] = ['node_modules/', 'dist/', USERS_FILE];

/** The texts of the files, by path. */
export function filesOf(driver: InitDriver): Readonly<Record<string, string>> {
  const { imports, createApp } = HOSTS[driver];
  return {
    '.gitignore': `${IGNORED.join('\n')}\n`,
    'tsconfig.json': `{
  "compilerOptions": {
    "target": "ES2022",
    "module": "node16",
    "rootDir": "src",
    "outDir": "dist",
    "types": ["node"],
    "strict": true,
    "esModuleInterop": true,
    "experimentalDecorators": true,
    "emitDecoratorMetadata": true,
    "skipLibCheck": true
  },
  "include": ["src"]
}
`,
    'src/users.ts': `import { FileUserstore, Userstore } from 'securest';

/** The users of the file: npx securest user list ${USERS_FILE} */
@Userstore()
export class Users extends FileUserstore {
  constructor() {
    super({ path: '${USERS_FILE}' });
  }
}
`,
    'src/auth.ts': `import { AuthProvider, PasswordProvider } from 'securest';

/** Takes the password of a user, by Authorization: Basic. */
@AuthProvider(1)
export class Password extends PasswordProvider {}
`,
    'src/account-controller.ts': `import { Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import { Public, type User } from 'securest';

@JsonController()
export class AccountController {
  @Public()
  @Get('/health')
  health() {
    return { up: true };
  }

  @Authorized()
  @Get('/me')
  me(@CurrentUser() user: User) {
    return user;
  }

  @Authorized('admin')
  @Get('/admin')
  admin() {
    return { secret: 'for administrators' };
  }
}
`,
    'src/app.ts': `import type { RequestListener } from 'node:http';
import 'reflect-metadata';
${imports}
import { securest } from 'securest';
import { AccountController } from './account-controller.js';
// A class that is never imported is never registered.
import './auth.js';
import './users.js';

export function options() {
  return securest({
    controllers: [AccountController],
    security: { roles: ['admin'], default: 'authenticated' },
  });
}

export function createApp(): RequestListener {
${createApp}
}
`,
    'src/server.ts': `import { createServer } from 'node:http';
import { createApp } from './app.js';

const port = Number(process.env.PORT ?? 3000);
const server = createServer(createApp());
server.listen(port, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) {
    console.log(\`http://127.0.0.1:\${address.port}\`);
  }
});
`,
    'src/memory-users.ts': `import 'reflect-metadata';
import { MemoryUserstore } from 'securest';
import { Container } from 'typedi';
import { Users } from './users.js';

Container.set(Users, new MemoryUserstore({ users: [{ username: 'admin', roles: ['admin'] }] }));
`,
    'src/without-users.ts': `/** The app without its file of users, for the tests and for: npm run report */
// First: the app may ask for its users as soon as it is imported.
import './memory-users.js';

export { createApp, options } from './app.js';
`,
    'src/app.test.ts': `import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { actingAs } from 'securest/testing';
import { createApp } from './without-users.js';

describe('AccountController', () => {
  const server = createServer(createApp());
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => server.close());

  async function status(path: string, headers: Record<string, string> = {}): Promise<number> {
    const { port } = server.address() as AddressInfo;
    const reply = await fetch(\`http://127.0.0.1:\${port}\${path}\`, { headers });
    await reply.text();
    return reply.status;
  }

  it('shows anyone that it is up, and nothing else', async () => {
    assert.equal(await status('/health'), 200);
    assert.equal(await status('/me'), 401);
    assert.equal(await status('/admin'), 401);
  });

  it('lets users in, and only administrators further', async () => {
    assert.equal(await status('/me', actingAs({ username: 'ann' })), 200);
    assert.equal(await status('/admin', actingAs({ username: 'ann' })), 403);
    assert.equal(await status('/admin', actingAs({ username: 'amy', roles: ['admin'] })), 200);
  });
});
`,
    [LOCK_FILE]: `{
  "version": 4,
  "components": [
    {"kind":"userstores","names":["Users"]},
    {"kind":"providers","names":["Password"]}
  ],
  "routes": [
    {"method":"GET","path":"/admin","action":"AccountController.admin","access":"role admin"},
    {"method":"GET","path":"/health","action":"AccountController.health","access":"anyone"},
    {"method":"GET","path":"/me","action":"AccountController.me","access":"any authenticated user"}
  ]
}
`,
  };
}

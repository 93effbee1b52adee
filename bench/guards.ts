/**
 * What a guard, `early`, `context`, `explain` and observers add to a guarded request, beside the same without them, in
 * one process that takes turns.
 */
import 'reflect-metadata';
import express from 'express';
import Koa from 'koa';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  auditLog,
  Authentication,
  createSecurity,
  MemoryUserstore,
  type Security,
  type SecurityOptions,
  TokenProvider,
  TokenService,
} from '../src';
import { instrument } from '../src/opentelemetry';
import { type Driver, DRIVERS } from '../test/support/drivers';
import { MemoryConnection } from './request/memory-connection';
import { requestText } from './request/raw-client';
import { compare, costOf, type Send } from './request/turns';

const ROUNDS = Number(process.argv[2] ?? 40);
const BATCH = 100;
const WARM_UP = 4000;
const BASE = 'action';

const tokens = new TokenService({
  secret: 'a secret of the bench, which no app should have',
  issuer: 'bench',
  audience: 'bench-api',
});

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', roles: ['reader'] }] });
  }
}

class Token extends TokenProvider {
  constructor() {
    super(tokens);
  }
}

@JsonController()
class Notes {
  @Authorized('reader') @Get('/guarded') guarded() {
    return { status: 'ok' };
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function secure(options: SecurityOptions = {}): Security {
  return createSecurity({ userstores: [Users], providers: [Token], logger: silent, ...options });
}

function senderOf(listener: ReturnType<Driver['build']>): Send {
  const connection = new MemoryConnection(listener);
  const { token } = tokens.issue(new Authentication({ username: 'ann' }));
  const text = Buffer.from(requestText('/guarded', { authorization: `Bearer ${token}` }, 'GET'));
  return async () => {
    const status = await connection.send(text);
    if (status !== 200) throw new Error(`${String(status)}: ${connection.reply}`);
  };
}

function action(driver: Driver, security = secure()): Send {
  return senderOf(driver.build(security.secure({ controllers: [Notes] })));
}

/** The same reply by a handler of the host itself. */
function handler(driver: Driver, isGuarded: boolean): Send {
  const security = secure();
  if (driver.isExpress) {
    const app = express();
    const answer: express.RequestHandler = (_request, response) => void response.json({ status: 'ok' });
    app.get('/guarded', isGuarded ? security.guard('reader', answer) : answer);
    return senderOf(app);
  }
  const app = new Koa();
  const answer = (context: Koa.Context): void => {
    context.body = { status: 'ok' };
  };
  app.use(isGuarded ? security.guard('reader', answer) : answer);
  const handle = app.callback();
  return senderOf((request, response) => void handle(request, response));
}

/** The same reply by an action that nothing guards. */
function openAction(driver: Driver): Send {
  @JsonController()
  class Open {
    @Get('/guarded') open() {
      return { status: 'ok' };
    }
  }
  return senderOf(driver.build(secure().secure({ controllers: [Open] })));
}

function observed(): Security {
  const security = secure();
  instrument(security);
  return security;
}

async function main(): Promise<void> {
  for (const driver of DRIVERS.filter(({ name }) => name !== 'Express 4')) {
    const works: [string, Send][] = [
      [BASE, action(driver)],
      ['action, open', openAction(driver)],
      ['handler, open', handler(driver, false)],
      ['handler, guarded', handler(driver, true)],
      ['action, early', action(driver, secure({ early: true }))],
      ['action, context', action(driver, secure({ context: true }))],
      ["action, explain: 'log'", action(driver, secure({ explain: 'log' }))],
      ['action, auditLog()', action(driver, secure({ onEvent: auditLog(() => undefined) }))],
      ['action, instrument() without an SDK', action(driver, observed())],
    ];
    for (const [, send] of works) await costOf(send, WARM_UP);
    console.log(`\n${driver.name}: us CPU, and beside the guarded action; median (half lie between)`);
    await compare(works, BASE, { rounds: ROUNDS, batch: BATCH });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

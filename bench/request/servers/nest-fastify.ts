/** NestJS on Fastify with a guard by hand over jsonwebtoken, as its documentation has it with @nestjs/jwt. */
import 'reflect-metadata';
import { createSecretKey } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { loadPeer } from '../library';
import { AUDIENCE, BODY, ISSUER, SECRET, type Target, tokenCredentials } from '../target';
import { USERS } from './by-hand';

interface Context {
  switchToHttp(): { getRequest(): { headers: Record<string, string | undefined> } };
}
interface NestApp {
  listen(port: number, host: string): Promise<unknown>;
  getHttpServer(): { address(): unknown };
}
interface Core {
  readonly NestFactory: { create(module: object, adapter: object, options: object): Promise<NestApp> };
}
interface Common {
  readonly Controller: (path: string) => ClassDecorator;
  readonly Get: (path: string) => MethodDecorator;
  readonly Module: (metadata: object) => ClassDecorator;
  readonly UseGuards: (...guards: object[]) => MethodDecorator;
  UnauthorizedException: new () => Error;
}
type Verify = (token: string, key: unknown, options: object) => { sub: string };

export async function start({ token }: { token: string }): Promise<Target[]> {
  const { Controller, Get, Module, UnauthorizedException, UseGuards } = loadPeer('@nestjs/common') as Common;
  const { NestFactory } = loadPeer('@nestjs/core') as Core;
  const { FastifyAdapter } = loadPeer('@nestjs/platform-fastify') as { FastifyAdapter: new () => object };
  const { verify } = loadPeer('jsonwebtoken') as { verify: Verify };
  const key = createSecretKey(Buffer.from(SECRET));
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE };

  class TokenGuard {
    canActivate(context: Context): boolean {
      const line = context.switchToHttp().getRequest().headers['authorization'] ?? '';
      if (!line.startsWith('Bearer ') || !this.#isActive(line.slice(7))) throw new UnauthorizedException();
      return true;
    }
    #isActive(sent: string): boolean {
      try {
        return USERS.get(verify(sent, key, options).sub)?.active === true;
      } catch {
        return false;
      }
    }
  }
  @Controller('/')
  class Api {
    @Get('guarded') @UseGuards(TokenGuard) guarded() {
      return BODY;
    }
  }
  @Module({ controllers: [Api] })
  class App {}

  const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return [{ name: 'NestJS on Fastify', port, path: '/guarded', ...tokenCredentials(token) }];
}

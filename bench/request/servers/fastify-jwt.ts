import type { AddressInfo } from 'node:net';
import { loadPeer } from '../library';
import { AUDIENCE, BODY, ISSUER, SECRET, type Target, tokenCredentials } from '../target';
import { USERS } from './by-hand';

interface Request {
  jwtVerify(): Promise<{ sub: string }>;
}
interface Reply {
  code(status: number): { send(body: object): unknown };
}
interface Fastify {
  register(plugin: object, options: object): Promise<unknown>;
  get(path: string, options: object, handler: () => object): void;
  listen(options: object): Promise<unknown>;
  server: { address(): unknown };
}

/** Fastify with its own plugin, and the plugin's cache on. */
export async function start({ token }: { token: string }): Promise<Target[]> {
  const app = (loadPeer('fastify') as () => Fastify)();
  const verify = { algorithms: ['HS256'], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: true };
  await app.register(loadPeer('@fastify/jwt') as object, { secret: SECRET, verify });
  const onRequest = async (request: Request, reply: Reply) => {
    const { sub } = await request.jwtVerify();
    if (USERS.get(sub)?.active !== true) return reply.code(401).send({});
    return undefined;
  };
  app.get('/guarded', { onRequest }, () => BODY);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return [{ name: 'Fastify, @fastify/jwt', port, path: '/guarded', ...tokenCredentials(token) }];
}

/**
 * routing-controllers on Koa with passport-jwt, tuned: no session, the middleware and the key made once, no
 * `passport.initialize()`, which a strategy without a session does not need.
 */
import { createSecretKey } from 'node:crypto';
import type { Middleware } from 'koa';
import type KoaClass from 'koa';
import { loadLibrary, loadPeer } from '../library';
import { AUDIENCE, BODY, ISSUER, SECRET, type Target, tokenCredentials } from '../target';
import { USERS } from './by-hand';
import { listenKoa } from './listen';

interface Passport {
  use(strategy: object): void;
  authenticate(name: string, options: object): Middleware;
}
type Verified = (error: null, user: unknown) => void;
interface PassportJwt {
  readonly Strategy: Strategy;
  readonly ExtractJwt: { fromAuthHeaderAsBearerToken: () => unknown };
}
type Strategy = new (options: object, verify: (claims: { sub: string }, done: Verified) => void) => object;

export async function start({ token }: { token: string }): Promise<Target[]> {
  const { host, Koa } = loadLibrary();
  const { Get, JsonController, UseBefore } = host;
  const passport = loadPeer('koa-passport') as Passport;
  const { Strategy, ExtractJwt } = loadPeer('passport-jwt') as PassportJwt;
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    secretOrKey: createSecretKey(Buffer.from(SECRET)),
    algorithms: ['HS256'],
    issuer: ISSUER,
    audience: AUDIENCE,
  };
  passport.use(
    new Strategy(options, ({ sub }, done) => {
      const user = USERS.get(sub);
      done(null, user?.active === true ? user : false);
    }),
  );
  const authenticate = passport.authenticate('jwt', { session: false });
  @JsonController()
  class Api {
    @Get('/guarded') @UseBefore(authenticate) guarded() {
      return BODY;
    }
  }
  const app = new Koa();
  app.silent = true;
  const port = await listenKoa(host.useKoaServer<KoaClass>(app, { controllers: [Api] }));
  return [{ name: 'koa-passport', port, path: '/guarded', ...tokenCredentials(token) }];
}

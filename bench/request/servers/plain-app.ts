/** routing-controllers alone, with a checker by hand or without any guard. */
import type KoaClass from 'koa';
import type { Library } from '../library';
import { BODY } from '../target';
import type { Checker } from './by-hand';

/** `/open` and, with a checker, `/guarded`. */
export function plainApp({ host, Koa }: Library, check?: Checker): KoaClass {
  const { Authorized, Get, JsonController } = host;
  @JsonController()
  class Open {
    @Get('/open') open() {
      return BODY;
    }
  }
  @JsonController()
  class Guarded {
    @Authorized() @Get('/guarded') guarded() {
      return BODY;
    }
  }
  const app = new Koa();
  app.silent = true;
  if (check === undefined) return host.useKoaServer<KoaClass>(app, { controllers: [Open] });
  return host.useKoaServer<KoaClass>(app, { controllers: [Open, Guarded], authorizationChecker: check });
}

/** The host loses what shapes the reply of an inherited action. */
import { Exclude, Expose } from 'class-transformer';
import { expect } from 'chai';
import {
  type Action,
  Authorized,
  ContentType,
  Controller,
  Get,
  getMetadataArgsStorage,
  Header,
  HttpCode,
  HttpError,
  Interceptor,
  type InterceptorInterface,
  JsonController,
  Location,
  Middleware,
  OnNull,
  OnUndefined,
  Redirect,
  Render,
  ResponseClassTransformOptions,
  UseInterceptor,
} from 'routing-controllers';
import { type Around, type Driver, DRIVERS, TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { as, QUIET, refusal, SecuredServer } from '../support/secured-server';

interface Row {
  name: string;
  ssn?: string;
}

const ROW: Row = { name: 'Ann', ssn: '123-45' };

class Mask implements InterceptorInterface {
  intercept(_action: Action, row: Row) {
    return { ...row, ssn: '***' };
  }
}

/** An interceptor that leaves its mark behind those that ran before it. */
function mark(name: string) {
  return (_action: Action, result: { ran?: string[] }) => ({ ...result, ran: [...(result.ran ?? []), name] });
}

/** A middleware as both hosts take it. */
class Passing {
  use(_request: unknown, second: unknown, third?: () => unknown): unknown {
    return (third ?? (second as () => unknown))();
  }
}

/** An app without securest, as the host has it. */
async function plain(driver: Driver, controllers: (new () => object)[]): Promise<TestServer> {
  return TestServer.start(driver.build({ controllers }));
}

/** Views whose text is their name and what they were given. */
const VIEWS: Around = {
  koa: {
    before: (app) => {
      (app.context as unknown as Record<string, unknown>)['render'] = async function (
        this: { body: unknown },
        name: string,
        given: Row,
      ) {
        this.body = `${name} ${given.name}`;
      };
    },
  },
  express: {
    before: (app) => {
      app.set(
        'view',
        class View {
          readonly path: string;
          constructor(readonly name: string) {
            this.path = name;
          }
          render(given: Row, done: (error: null, text: string) => void) {
            done(null, `${this.name} ${given.name}`);
          }
        },
      );
    },
  },
};

for (const driver of DRIVERS) {
  describe(`Inherited replies on ${driver.name}`, () => {
    beforeEach(reset);

    describe('inherited @UseInterceptor', () => {
      it('masks what the base masks, for each request, over two levels and for several subclasses', async () => {
        class Base {
          @Authorized() @UseInterceptor(Mask) @Get('/row') row(): object {
            return ROW;
          }
          @UseInterceptor(Mask) @Get('/later') later(): Promise<object> {
            return new Promise((resolve) => setImmediate(() => resolve(ROW)));
          }
          @Get('/plain') plain(): object {
            return ROW;
          }
        }
        class Between extends Base {}
        @JsonController('/a')
        class A extends Between {}
        @JsonController('/b')
        class B extends Base {
          override row() {
            return { ...ROW, name: 'Bob' };
          }
        }
        await using app = await SecuredServer.start(driver, { controllers: [A, B] });
        const paths = ['/a/row', '/b/row', '/a/later', '/a/plain'];
        const asked = Array.from({ length: 5 }, () => paths).flat();
        const replies = await Promise.all(asked.map((path) => app.json(path, 'user')));
        replies.forEach((reply, index) => {
          expect(reply).to.deep.equal(
            [
              { name: 'Ann', ssn: '***' },
              { name: 'Bob', ssn: '***' },
              { name: 'Ann', ssn: '***' },
              { name: 'Ann', ssn: '123-45' },
            ][index % 4],
          );
        });
        expect(await app.status('/a/row')).to.equal(401);
        expect(app.warnings.filter((line) => line.includes('loses'))).to.deep.equal([]);
      });

      it("runs behind the global ones and before the subclass's own, in the order of the base", async () => {
        @Interceptor()
        class Everywhere implements InterceptorInterface {
          intercept(action: Action, result: object) {
            return mark('global')(action, result);
          }
        }
        @UseInterceptor(mark('top'))
        class Top {}
        @UseInterceptor(mark('base 1'), mark('base 2'))
        class Base extends Top {
          @UseInterceptor(mark('act')) @Get('/') act(): object {
            return {};
          }
        }
        @UseInterceptor(mark('sub'))
        @JsonController('/sub')
        class Sub extends Base {
          @UseInterceptor(mark('own')) @Get('/own') own() {
            return {};
          }
        }
        await using app = await SecuredServer.start(driver, {
          controllers: [Sub],
          interceptors: [Everywhere],
        });
        const ran = ['global', 'top', 'base 1', 'base 2'];
        expect(await app.json('/sub')).to.deep.equal({ ran: [...ran, 'act', 'sub'] });
        expect(await app.json('/sub/own')).to.deep.equal({ ran: [...ran, 'sub', 'own'] });
      });

      it("is replaced by an override's own, those of the classes staying", async () => {
        @UseInterceptor(mark('base'))
        class Base {
          @UseInterceptor(mark('act')) @Get('/') act(): object {
            return {};
          }
        }
        @JsonController('/own')
        class Own extends Base {
          @UseInterceptor(mark('own')) @Get('/') override act() {
            return {};
          }
        }
        @JsonController('/silent')
        class Silent extends Base {
          @Get('/') override act() {
            return {};
          }
        }
        class Further extends Own {}
        JsonController('/further')(Further);
        await using app = await SecuredServer.start(driver, { controllers: [Own, Silent, Further] });
        expect(await app.json('/own')).to.deep.equal({ ran: ['base', 'own'] });
        expect(await app.json('/silent')).to.deep.equal({ ran: ['base', 'act'] });
        expect(await app.json('/further')).to.deep.equal({ ran: ['base', 'own'] });
      });

      it('runs once where the subclass declares it again, and as often as the base has it', async () => {
        const again = mark('again');
        @UseInterceptor(again)
        class Base {
          @Get('/') act(): object {
            return {};
          }
          @UseInterceptor(mark('twice'), mark('twice')) @Get('/twice') twice(): object {
            return {};
          }
        }
        @UseInterceptor(again)
        @JsonController('/class')
        class OnClass extends Base {}
        @JsonController('/method')
        class OnMethod extends Base {
          @UseInterceptor(again) @Get('/') override act() {
            return {};
          }
        }
        await using app = await SecuredServer.start(driver, { controllers: [OnClass, OnMethod] });
        expect(await app.json('/class')).to.deep.equal({ ran: ['again'] });
        expect(await app.json('/method')).to.deep.equal({ ran: ['again'] });
        expect(await app.json('/method/twice')).to.deep.equal({ ran: ['again', 'twice', 'twice'] });
      });

      it('answers for what it throws, and does not run for an action that threw', async () => {
        const seen: unknown[] = [];
        class Base {
          @UseInterceptor(() => Promise.reject(new HttpError(418, 'rejected'))) @Get('/rejects') rejects() {
            return {};
          }
          @UseInterceptor(() => {
            throw new HttpError(419, 'thrown');
          })
          @Get('/throws')
          throws() {
            return {};
          }
          @UseInterceptor((_action: Action, result: unknown) => seen.push(result)) @Get('/thrown') thrown() {
            throw new HttpError(420, 'by the action');
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        await using app = await SecuredServer.start(driver, { controllers: [Sub] }, QUIET);
        for (const [path, status] of [
          ['/sub/rejects', 418],
          ['/sub/throws', 419],
          ['/sub/thrown', 420],
        ] as const) {
          expect(await app.status(path)).to.equal(status);
        }
        expect(seen).to.deep.equal([]);
      });

      it('is one instance that gets the action, as for an own one', async () => {
        const instances = new Set<object>();
        class Seen implements InterceptorInterface {
          intercept(action: Action, result: object) {
            instances.add(this);
            return { ...result, url: (action.request as { url: string }).url };
          }
        }
        class Base {
          @UseInterceptor(Seen) @Get('/one') one() {
            return {};
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        expect(await app.json('/sub/one?q=1')).to.deep.equal({ url: '/sub/one?q=1' });
        expect(await app.json('/sub/one?q=2')).to.deep.equal({ url: '/sub/one?q=2' });
        expect(instances.size).to.equal(1);
      });

      it('stays lost in an app without securest, before and after, and leaves no trace', async () => {
        @UseInterceptor(mark('base'))
        @JsonController('/base')
        class Base {
          @Header('X-Base', 'yes') @Get('/act') act(): object {
            return { name: 'Ann' };
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        const controllers = [Base, Sub];
        const stored = () => {
          const { useInterceptors, responseHandlers, params, uses } = getMetadataArgsStorage();
          return [useInterceptors, responseHandlers, params, uses].map((list) => [...list]);
        };
        const before = stored();
        const answers = async (server: TestServer) =>
          Promise.all(
            ['/base/act', '/sub/act'].map(async (path) => {
              const { text, response } = await server.raw(path, { headers: as('user') });
              return [JSON.parse(text) as unknown, response.headers['x-base'] ?? null];
            }),
          );
        const lost = [
          [{ name: 'Ann', ran: ['base'] }, 'yes'],
          [{ name: 'Ann' }, null],
        ];
        await using first = await plain(driver, controllers);
        await using secured = await SecuredServer.start(driver, { controllers });
        await using second = await SecuredServer.start(driver, { controllers });
        await using last = await plain(driver, controllers);
        for (const server of [first, last]) expect(await answers(server)).to.deep.equal(lost);
        for (const { server } of [secured, second]) {
          expect(await answers(server)).to.deep.equal([lost[0], lost[0]]);
        }
        expect(stored()).to.deep.equal(before);
      });

      it('runs once in a server that is built while another is', async () => {
        class Base {
          @UseInterceptor(mark('base')) @Get('/') act() {
            return {};
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        const controllers = [Sub];
        // The host takes every middleware that there is where an app lists none.
        @Middleware({ type: 'before' })
        class Other extends Passing {}
        let inner: SecuredServer | undefined;
        const started: Promise<SecuredServer>[] = [];
        @Middleware({ type: 'before' })
        class Building extends Passing {
          constructor() {
            super();
            started.push(SecuredServer.start(driver, { controllers, middlewares: [Other] }));
          }
        }
        await using outer = await SecuredServer.start(driver, { controllers, middlewares: [Building] });
        try {
          inner = await started[0];
          expect(await inner?.json('/sub')).to.deep.equal({ ran: ['base'] });
          expect(await outer.json('/sub')).to.deep.equal({ ran: ['base'] });
        } finally {
          await inner?.[Symbol.asyncDispose]();
        }
      });

      it('is refused at start where it names nothing', () => {
        const missing = undefined as unknown as typeof Mask;
        class Base {
          @UseInterceptor(missing) @Get('/') act() {
            return {};
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}
        expect(refusal(driver, { controllers: [Sub] })).to.match(/^@UseInterceptor of Base names undefined/);
      });
    });

    describe('inherited decorators of the reply', () => {
      /** Built for each test: what is decorated is forgotten between them. */
      function base() {
        class Person {
          @Expose() name = 'Ann';
          @Expose({ groups: ['office'] }) salary = 5000;
          @Exclude() ssn = '123-45';
        }

        class Base {
          @ResponseClassTransformOptions({ groups: ['none'] }) @Get('/transformed') transformed(): object {
            return new Person();
          }
          @Header('X-Frame-Options', 'DENY')
          @Header('X-Tag', 'base')
          @HttpCode(202)
          @Get('/coded')
          coded(): object {
            return { name: 'Ann' };
          }
          @OnNull(410) @Get('/null') null(): object | null {
            return null;
          }
          @OnUndefined(205) @Get('/undefined') undefined(): object | undefined {
            return undefined;
          }
          @ContentType('text/csv') @Get('/csv') csv(): string {
            return 'a,b';
          }
          @Location('/elsewhere') @Get('/located') located(): object {
            return {};
          }
          @Redirect('/target/:name') @Get('/redirected') redirected(): object {
            return { name: 'ann' };
          }
          @Render('card') @Get('/rendered') rendered(): object {
            return { name: 'Ann' };
          }
        }
        return Base;
      }

      /** What a client sees of each reply. */
      async function replies(app: SecuredServer, prefix: string): Promise<Record<string, unknown[]>> {
        const seen: Record<string, unknown[]> = {};
        for (const name of [
          'transformed',
          'coded',
          'null',
          'undefined',
          'csv',
          'located',
          'redirected',
          'rendered',
        ]) {
          const { status, response, text } = await app.server.raw(`${prefix}/${name}`);
          const { location, 'content-type': type } = response.headers;
          const headers = [type, location, response.headers['x-frame-options'], response.headers['x-tag']];
          seen[name] = [status, text, ...headers];
        }
        return seen;
      }

      it('reply as on the base', async () => {
        const Base = base();
        @JsonController('/json')
        class Json extends Base {}
        @JsonController('/declared')
        class Declared extends Base {
          // What a subclass would write to get the same without securest.
          @ResponseClassTransformOptions({ groups: ['none'] }) @Get('/transformed') override transformed() {
            return super.transformed();
          }
          @Header('X-Frame-Options', 'DENY')
          @Header('X-Tag', 'base')
          @HttpCode(202)
          @Get('/coded')
          override coded() {
            return super.coded();
          }
          @OnNull(410) @Get('/null') override null() {
            return super.null();
          }
          @OnUndefined(205) @Get('/undefined') override undefined() {
            return super.undefined();
          }
          @ContentType('text/csv') @Get('/csv') override csv() {
            return super.csv();
          }
          @Location('/elsewhere') @Get('/located') override located() {
            return super.located();
          }
          @Redirect('/target/:name') @Get('/redirected') override redirected() {
            return super.redirected();
          }
          @Render('card') @Get('/rendered') override rendered() {
            return super.rendered();
          }
        }
        await using app = await SecuredServer.start(driver, { controllers: [Json, Declared] }, VIEWS);
        const seen = await replies(app, '/json');
        expect(seen).to.deep.equal(await replies(app, '/declared'));
        expect(seen['transformed']?.[1]).to.equal('{"name":"Ann"}');
        expect(seen['coded']?.[0]).to.equal(202);
        expect(seen['coded']?.slice(4)).to.deep.equal(['DENY', 'base']);
        expect(seen['null']?.[0]).to.equal(410);
        expect(seen['undefined']?.[0]).to.equal(205);
        expect(seen['csv']?.slice(0, 2)).to.deep.equal([200, 'a,b']);
        expect(seen['csv']?.[2]).to.match(/^text\/csv/);
        expect(seen['located']?.[3]).to.equal('/elsewhere');
        expect(seen['redirected']?.[0]).to.equal(302);
        expect(seen['redirected']?.[3]).to.equal('/target/ann');
        expect(seen['rendered']?.slice(0, 2)).to.deep.equal([200, 'card Ann']);
        expect(app.warnings.filter((line) => line.includes('loses'))).to.deep.equal([]);
      });

      it("are replaced by an override's own of the same kind, each header by its name", async () => {
        const Base = base();
        @Controller('/sub')
        class Sub extends Base {
          @Header('x-frame-options', 'SAMEORIGIN') @Get('/coded') override coded() {
            return { name: 'Sub' };
          }
          @HttpCode(203) @Get('/csv') override csv() {
            return 'c,d';
          }
          @Header('content-type', 'text/plain') @Redirect('/own') @Get('/rendered') override rendered() {
            return {};
          }
        }
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        const coded = await app.server.raw('/sub/coded');
        expect(coded.status).to.equal(202);
        expect(coded.response.headers['x-frame-options']).to.equal('SAMEORIGIN');
        expect(coded.response.headers['x-tag']).to.equal('base');
        const csv = await app.server.raw('/sub/csv');
        expect([csv.status, csv.text]).to.deep.equal([203, 'c,d']);
        expect(csv.response.headers['content-type']).to.match(/^text\/csv/);
        const rendered = await app.server.raw('/sub/rendered');
        expect([rendered.status, rendered.response.headers.location]).to.deep.equal([302, '/own']);
      });

      it('come from the nearest class that has one', async () => {
        const Base = base();
        class Middle extends Base {
          @HttpCode(206) override coded(): object {
            return {};
          }
        }
        @JsonController('/sub')
        class Sub extends Middle {}
        await using app = await SecuredServer.start(driver, { controllers: [Sub] });
        const { status, response } = await app.server.raw('/sub/coded');
        expect([status, response.headers['x-frame-options']]).to.deep.equal([206, 'DENY']);
      });
    });
  });
}

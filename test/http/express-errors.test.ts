import http from 'node:http';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import {
  Authorized,
  Get,
  JsonController,
  type RoutingControllersOptions,
  useExpressServer,
} from 'routing-controllers';
import { securest } from '../../src';
import { TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, provider } from '../support/scripted';

const EXPRESSES = { 'Express 4': express4 as unknown as typeof express, 'Express 5': express };

/** Counts what goes to the terminal while it lasts. */
class Silence implements Disposable {
  private readonly printed: string[] = [];
  readonly #write = process.stderr.write;
  readonly #error = console.error;

  constructor() {
    process.stderr.write = (chunk: unknown) => this.#keep(String(chunk));
    console.error = (...line: unknown[]) => void this.#keep(line.join(' '));
  }

  /** What was printed; Express prints only after it has answered. */
  async lines(): Promise<string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.printed;
  }

  #keep(text: string): true {
    this.printed.push(text);
    return true;
  }

  [Symbol.dispose](): void {
    process.stderr.write = this.#write;
    console.error = this.#error;
  }
}

for (const [name, create] of Object.entries(EXPRESSES)) {
  describe(`Refusals at the end of ${name}`, () => {
    beforeEach(reset);

    const options = (more: RoutingControllersOptions = {}) => {
      @JsonController()
      class Guarded {
        @Authorized() @Get('/guarded') guarded() {
          return {};
        }
      }
      const providers = [provider('p', () => null, { challenge: { scheme: 'Basic' } })];
      return securest({
        controllers: [Guarded],
        ...more,
        security: { providers, logger: new MemoryLogger() },
      });
    };

    /** Sends that many refused requests one after the other over one agent; resolves with their ports. */
    async function refusals(server: TestServer, path: string, count: number): Promise<Set<unknown>> {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<unknown>();
      server.server.on('request', ({ socket }: http.IncomingMessage) => ports.add(socket.remotePort));
      try {
        for (let index = 0; index < count; index += 1) {
          const { status, text, response } = await server.raw(path, { agent });
          expect([status, JSON.parse(text)]).to.deep.equal([401, BODIES.missing]);
          expect(response.headers['www-authenticate']).to.equal('Basic realm="api"');
        }
      } finally {
        agent.destroy();
      }
      return ports;
    }

    for (const defaultErrorHandler of [true, false]) {
      const more = { defaultErrorHandler };
      const title = `with defaultErrorHandler: ${defaultErrorHandler}`;

      it(`keep one socket over thirty and print nothing ${title}`, async () => {
        using silence = new Silence();
        const app = create();
        useExpressServer(app, options(more));
        await using server = await TestServer.start(app);
        expect((await refusals(server, '/guarded', 30)).size).to.equal(1);
        expect(await silence.lines()).to.deep.equal([]);
      });

      it(`keep one socket and print nothing in a mounted app ${title}`, async () => {
        using silence = new Silence();
        const [root, middle, leaf] = [create(), create(), create()];
        useExpressServer(leaf, options(more));
        middle.use('/v1', leaf);
        root.use('/api', middle);
        await using server = await TestServer.start(root);
        expect((await refusals(server, '/api/v1/guarded', 8)).size).to.equal(1);
        expect(await silence.lines()).to.deep.equal([]);
      });

      it(`are seen by error middleware that is added after the first one ${title}`, async () => {
        using silence = new Silence();
        const app = create();
        useExpressServer(app, options(more));
        await using server = await TestServer.start(app);
        const seen: string[] = [];
        const watch = (label: string) =>
          app.use(((error, _request, _response, next) => {
            seen.push(`${label} ${(error as { code: string }).code}`);
            next(error);
          }) as express.ErrorRequestHandler);
        await refusals(server, '/guarded', 1);
        watch('first');
        await refusals(server, '/guarded', 1);
        watch('second');
        expect((await refusals(server, '/guarded', 2)).size).to.equal(1);
        const code = 'authentication_required';
        expect(seen).to.deep.equal([
          `first ${code}`,
          ...[1, 2].flatMap(() => [`first ${code}`, `second ${code}`]),
        ]);
        expect(await silence.lines()).to.deep.equal([]);
      });

      it(`are seen by the error middleware of a mounted app and of its root ${title}`, async () => {
        const seen: string[] = [];
        const watch =
          (label: string): express.ErrorRequestHandler =>
          (error, _request, _response, next) => {
            seen.push(label);
            next(error);
          };
        const [root, leaf] = [create(), create()];
        useExpressServer(leaf, options(more));
        leaf.use(watch('leaf'));
        root.use('/api', leaf);
        root.use(watch('root'));
        await using server = await TestServer.start(root);
        await refusals(server, '/api/guarded', 2);
        expect(seen).to.deep.equal(['leaf', 'root', 'leaf', 'root']);
      });
    }

    it("leave other errors of the app to Express' own handling", async () => {
      using silence = new Silence();
      const app = create();
      app.get('/broken', () => {
        throw Object.assign(new Error('mine'), { status: 418 });
      });
      useExpressServer(app, options());
      await using server = await TestServer.start(app);
      await refusals(server, '/guarded', 1);
      expect((await server.raw('/broken')).status).to.equal(418);
      expect((await silence.lines()).join()).to.contain('mine');
    });

    it('leave the stack of handlers as long as it is, however many they are', async () => {
      const app = create();
      useExpressServer(app, options());
      await using server = await TestServer.start(app);
      const length = () => {
        const either = app as unknown as { _router?: { stack: unknown[] }; router: { stack: unknown[] } };
        return (either._router ?? either.router).stack.length;
      };
      await refusals(server, '/guarded', 1);
      const before = length();
      await refusals(server, '/guarded', 5);
      expect(length()).to.equal(before);
    });
  });
}

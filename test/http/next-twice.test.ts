/** Middlewares that call next() twice: on Express the second call passes by a guard that has not decided yet. */
import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import express4 from 'express4';
import type { Context, Next } from 'koa';
import {
  Authorized,
  createExecutor,
  CurrentUser,
  ExpressDriver,
  Get,
  JsonController,
  Post,
  UploadedFile,
  UseBefore,
} from 'routing-controllers';
import type { User } from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { as, type CastMember, QUIET, secured, SecuredServer } from '../support/secured-server';

function onExpress(_request: Request, _response: Response, next: NextFunction): void {
  next();
  next();
}

async function onKoa(_context: Context, next: Next): Promise<void> {
  const first = next();
  // Koa itself refuses the second call.
  await next().catch(() => undefined);
  await first;
}

for (const driver of DRIVERS) {
  describe(`A middleware that calls next() twice on ${driver.name}`, () => {
    beforeEach(reset);

    const twice = driver.isExpress ? onExpress : onKoa;
    class Twice {
      use(...[first, second, third]: unknown[]): unknown {
        return (twice as (...given: unknown[]) => unknown)(first, second, third);
      }
    }
    const RUNS = { nobody: 0, user: 0, staff: 0, editor: 1, both: 1 } as const;

    for (const default_ of ['public', 'authenticated'] as const) {
      it(`runs an action for those whom its guard lets in, with the default ${default_}`, async () => {
        let runs = 0;

        @JsonController('/method')
        class OnMethod {
          @UseBefore(twice) @Authorized('editor') @Get('/') get() {
            runs += 1;
            return 'inside';
          }
        }

        @Authorized('editor')
        @UseBefore(twice)
        @JsonController('/class')
        class OnClass {
          @Get('/') get(@CurrentUser() user: User | undefined) {
            runs += 1;
            return user?.username ?? 'nobody';
          }
        }

        await using app = await SecuredServer.start(
          driver,
          { controllers: [OnMethod, OnClass], security: { default: default_ } },
          QUIET,
        );
        for (const path of ['/method', '/class']) {
          for (const [who, expected] of Object.entries(RUNS)) {
            runs = 0;
            const status = await app.status(path, who as CastMember);
            expect([who, status, runs]).to.deep.equal([
              who,
              expected === 1 ? 200 : who === 'nobody' ? 401 : 403,
              expected,
            ]);
          }
        }
      });
    }

    it('takes no upload of those whom the guard does not let in', async () => {
      const stored: unknown[] = [];
      const storage = {
        _handleFile(
          { headers }: Request,
          { stream }: { stream: NodeJS.ReadableStream },
          done: (error: null) => void,
        ) {
          stored.push(headers['x-user']);
          stream.resume().on('end', () => {
            done(null);
          });
        },
        _removeFile() {},
      };

      @JsonController('/files')
      class Files {
        @UseBefore(twice) @Authorized('editor') @Post('/function') byFunction(
          @UploadedFile('file', { options: { storage } }) _file: unknown,
        ) {
          return {};
        }
        @UseBefore(Twice) @Authorized('editor') @Post('/class') byClass(
          @UploadedFile('file', { options: { storage } }) _file: unknown,
        ) {
          return {};
        }
      }

      await using app = await SecuredServer.start(driver, { controllers: [Files] }, QUIET);
      for (const path of ['/files/function', '/files/class']) {
        const statuses: number[] = [];
        for (const who of ['nobody', 'user', 'editor'] as const) {
          const body = new FormData();
          body.append('file', new Blob(['content']), 'a.txt');
          statuses.push((await app.server.fetch(path, { method: 'POST', body, headers: as(who) })).status);
        }
        expect(statuses).to.deep.equal([401, 403, 200]);
        expect(stored.splice(0)).to.deep.equal(['editor']);
      }
    });

    it('runs an action that only the default guards for authenticated users', async () => {
      let runs = 0;

      @JsonController()
      class Notes {
        @UseBefore(twice) @Get('/') get() {
          runs += 1;
          return 'inside';
        }
      }

      await using app = await SecuredServer.start(
        driver,
        { controllers: [Notes], security: { default: 'authenticated' } },
        QUIET,
      );
      expect([await app.status('/'), runs]).to.deep.equal([401, 0]);
      expect([await app.status('/', 'user'), runs]).to.deep.equal([200, 1]);
    });
  });
}

describe('A driver of the app, of which securest cannot make next() act once', () => {
  beforeEach(reset);

  for (const [name, create] of [
    ['Express 4', () => express4() as unknown as express.Express],
    ['Express 5', () => express()],
  ] as const) {
    it(`runs an action only after a grant on ${name}`, async () => {
      let runs = 0;

      @JsonController()
      class Notes {
        @UseBefore(onExpress) @Authorized('editor') @Get('/') get() {
          runs += 1;
          return 'inside';
        }
      }

      class OwnDriver extends ExpressDriver {
        override initialize(): void {
          super.initialize();
          Reflect.deleteProperty(this, 'prepareMiddlewares');
        }
      }

      const app = create();
      createExecutor(new OwnDriver(app), secured({ controllers: [Notes] }));
      await using server = await TestServer.start(app);
      const statuses: number[] = [];
      for (const who of ['nobody', 'user', 'editor'] as const) {
        statuses.push((await server.raw('/', { headers: as(who) })).status);
      }
      expect([...statuses, runs]).to.deep.equal([401, 403, 200, 1]);
    });
  }
});

/** Middlewares that call next() twice: on Express the second call passes by a guard that has not decided yet. */
import { expect } from 'chai';
import type { NextFunction, Request, Response } from 'express';
import type { Context, Next } from 'koa';
import { Authorized, CurrentUser, Get, JsonController, UseBefore } from 'routing-controllers';
import type { User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type CastMember, QUIET, SecuredServer } from '../support/secured-server';

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

/** One error that an action throws again and again, and the type of the body that a refusal has. */
import { expect } from 'chai';
import type { ErrorRequestHandler } from 'express';
import { Authorized, Controller, Get, JsonController } from 'routing-controllers';
import {
  AccessDeniedError,
  BadCredentialsError,
  type SecurityError,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { type Around, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { provider, startApi, valuesOf } from '../support/scripted';

/** Sets the headers of the reply that the request asks for, before the host is reached. */
const VARYING: Around = {
  koa: {
    before: (app) => {
      app.use((context, next) => {
        if (context.get('x-vary') !== '') context.set('Vary', context.get('x-vary'));
        return next();
      });
    },
  },
  express: {
    before: (app) => {
      app.use((request, response, next) => {
        const vary = request.get('x-vary');
        if (vary !== undefined) response.set('Vary', vary);
        next();
      });
    },
  },
};

/** Answers an error as JSON, by the host's own means, without a word of its type. */
const OWN_ERRORS: Around = {
  koa: {
    before: (app) => {
      app.use(async (context, next) => {
        try {
          await next();
        } catch (error) {
          context.status = (error as SecurityError).httpCode;
          context.body = { mine: true };
        }
      });
    },
  },
  express: {
    after: (app) => {
      app.use(((error, _request, response, next) => {
        if (response.headersSent) next(error);
        else response.status((error as SecurityError).httpCode).json({ mine: true });
      }) satisfies ErrorRequestHandler);
    },
  },
};

/** Both kinds of controller; each action throws what it is told. */
function throwing(make: () => unknown) {
  @JsonController('/json')
  class Json {
    @Get('/') get() {
      throw make();
    }
    @Authorized() @Get('/guarded') guarded() {
      return {};
    }
  }
  @Controller('/text')
  class Text {
    @Get('/') get() {
      throw make();
    }
    @Authorized() @Get('/guarded') guarded() {
      return '';
    }
  }
  return [Json, Text];
}

const anonymous = provider('p', () => null, { challenge: { scheme: 'Basic' } });

for (const driver of DRIVERS) {
  describe(`An error that is thrown again and again on ${driver.name}`, () => {
    beforeEach(reset);

    const makers: Record<string, () => SecurityError> = {
      'as it is': () => new BadCredentialsError(),
      'with headers of its own': () =>
        Object.assign(new BadCredentialsError(), { headers: { 'X-Own': 'kept' } }),
      frozen: () => Object.freeze(new BadCredentialsError()),
      'frozen, with its headers': () =>
        Object.freeze(
          Object.assign(new BadCredentialsError(), { headers: Object.freeze({ 'X-Own': 'kept' }) }),
        ),
      sealed: () => Object.seal(new BadCredentialsError()),
    };
    for (const [what, make] of Object.entries(makers)) {
      for (const defaultErrorHandler of [true, false]) {
        it(`takes no header from one reply to another, ${what}, defaultErrorHandler: ${defaultErrorHandler}`, async () => {
          const shared = make();
          const before = Object.getOwnPropertyDescriptors(shared);
          await using api = await startApi(driver, {
            host: { controllers: throwing(() => shared), defaultErrorHandler },
            security: { providers: [anonymous] },
            around: VARYING,
          });
          for (const path of ['/json', '/text']) {
            const first = await api.get(path, { 'x-vary': 'X-Tenant' });
            const second = await api.get(path);
            const third = await api.get(path, { 'x-vary': 'X-Other' });
            expect([first.status, second.status, third.status]).to.deep.equal([401, 401, 401]);
            expect(first.headers.vary).to.include('X-Tenant');
            expect(second.headers.vary ?? '').to.not.include('X-Tenant');
            expect(third.headers.vary).to.include('X-Other').and.not.include('X-Tenant');
            for (const reply of [first, second, third]) {
              expect(reply.challenges).to.deep.equal(['Basic realm="api"']);
              expect(valuesOf(reply.rawHeaders, 'x-own')).to.have.length(what.includes('headers') ? 1 : 0);
            }
          }
          // What the app has in its hands is as it was: nothing of a request stays on it.
          expect(Object.getOwnPropertyDescriptors(shared)).to.deep.equal(before);
        });
      }
    }

    it('answers each of many requests at once with its own headers', async () => {
      const shared = new ThrottledError({ retryAfterSeconds: 7 });
      await using api = await startApi(driver, {
        host: { controllers: throwing(() => shared) },
        security: { providers: [anonymous] },
        around: VARYING,
      });
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => api.get('/json', { 'x-vary': `X-Tenant-${index}-` })),
      );
      for (const [index, { status, headers }] of replies.entries()) {
        expect([status, headers['retry-after']]).to.deep.equal([429, '7']);
        expect(headers.vary).to.include(`X-Tenant-${index}-`);
        expect(headers.vary?.match(/X-Tenant/g)).to.have.length(1);
      }
    });
  });

  describe(`The type of the body of a refusal on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [what, error] of Object.entries({
      'an action throws 403': new AccessDeniedError(),
      'an action throws 503': new ServiceUnavailableError(),
    })) {
      it(`is JSON or text, as the controller has it, when ${what}`, async () => {
        await using api = await startApi(driver, {
          host: { controllers: throwing(() => error) },
          security: { providers: [anonymous] },
        });
        for (const [path, status] of [
          ['', error.httpCode],
          ['/guarded', 401],
        ] as const) {
          const json = await api.get(`/json${path}`);
          expect([json.status, json.json()['name']]).to.deep.equal([
            status,
            path === '' ? error.name : 'AuthenticationRequiredError',
          ]);
          expect(json.headers['content-type']).to.match(/^application\/json/);
          const text = await api.get(`/text${path}`);
          expect([text.status, text.text]).to.deep.equal([
            status,
            path === '' ? error.message : 'Unauthorized User',
          ]);
          expect(text.headers['content-type']).to.equal('text/plain; charset=utf-8');
        }
      });

      it(`is what the app's own error handling makes it with defaultErrorHandler: false, when ${what}`, async () => {
        await using api = await startApi(driver, {
          host: { controllers: throwing(() => error), defaultErrorHandler: false },
          security: { providers: [anonymous] },
          around: OWN_ERRORS,
        });
        for (const [path, status] of [
          ['/json', error.httpCode],
          ['/text', error.httpCode],
          ['/json/guarded', 401],
          ['/text/guarded', 401],
        ] as const) {
          const reply = await api.get(path);
          expect([reply.status, reply.json()], path).to.deep.equal([status, { mine: true }]);
          expect(reply.headers['content-type'], path).to.match(/^application\/json/);
          expect(valuesOf(reply.rawHeaders, 'content-type'), path).to.have.length(1);
        }
      });
    }
  });
}

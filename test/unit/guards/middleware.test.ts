import { expect } from 'chai';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { guardMiddleware, type Middleware } from '../../../src/guards/middleware';

interface Run {
  readonly ran: string[];
  readonly refused: unknown[];
}

/** Calls a guard as each host does. */
async function onAllHosts(authorize: () => unknown, isBare: boolean): Promise<Run> {
  const [ran, refused]: [string[], unknown[]] = [[], []];
  const calls = {
    authorize: authorize as () => Promise<unknown>,
    refuse: (error: unknown) => void refused.push(error),
    within: <T>(_action: unknown, work: () => T): T => work(),
    onFault: (cause: unknown) => void refused.push(cause),
  };
  const guard: Middleware = guardMiddleware(calls, isBare ? undefined : () => ran.push('handler'));
  const [request, response] = [{} as IncomingMessage, {} as ServerResponse];
  await guard({ req: request, res: response }, () => Promise.resolve(ran.push('koa')));
  guard(request, response, () => void ran.push('express'));
  if (await guard(request, response)) ran.push('node');
  await new Promise(setImmediate);
  return { ran, refused };
}

describe('guardMiddleware', () => {
  for (const isBare of [true, false]) {
    const what = isBare ? 'in front of what follows' : 'with a handler';
    for (const answer of [undefined, null, false, 0, 1, 'true', {}, [true], new Boolean(true)]) {
      it(`${what} takes ${JSON.stringify(answer)} for no grant, at once and later`, async () => {
        for (const authorize of [() => answer, () => Promise.resolve(answer)]) {
          const { ran, refused } = await onAllHosts(authorize, isBare);
          expect(ran).to.deep.equal([]);
          expect(refused.map((error) => (error as { httpCode?: number }).httpCode)).to.deep.equal([
            500, 500, 500,
          ]);
        }
      });
    }

    it(`${what} refuses with what is thrown at once and what rejects, also nothing`, async () => {
      for (const thrown of [new Error('x'), undefined, 'x']) {
        const throwing = () => {
          throw thrown;
        };
        for (const authorize of [throwing, () => Promise.reject(thrown)]) {
          const { ran, refused } = await onAllHosts(authorize, isBare);
          expect([ran, refused]).to.deep.equal([[], [thrown, thrown, thrown]]);
        }
      }
    });

    it(`${what} goes on with a literal true alone, once`, async () => {
      const expected = isBare ? ['koa', 'express', 'node'] : ['handler', 'handler', 'handler'];
      for (const authorize of [() => true, () => Promise.resolve(true)]) {
        const { ran, refused } = await onAllHosts(authorize, isBare);
        expect(ran.toSorted()).to.deep.equal(expected.toSorted());
        expect(refused).to.deep.equal([]);
      }
    });
  }
});

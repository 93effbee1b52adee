import { expect } from 'chai';
import express5 from 'express';
import express4 from 'express4';
import { createRequire } from 'node:module';
import { RoutePattern } from '../../../../src/access/warnings/route-pattern';

interface Layer {
  match(path: string): boolean;
}
interface Router {
  get(path: string, handler: () => void): unknown;
  readonly stack: readonly Layer[];
}

/** The routers that the hosts use, as they are installed. */
const load = createRequire(require.resolve('routing-controllers'));
const KoaRouter = load('@koa/router') as new () => Router;
const ROUTERS: Readonly<Record<string, () => Router>> = {
  koa: () => new KoaRouter(),
  express4: () => express4.Router() as unknown as Router,
  express5: () => express5.Router() as unknown as Router,
};

const PATHS = [
  '/u',
  '/u/x',
  '/U/X',
  '/u/x/',
  '/u/x/y',
  '/u/x/y/z',
  '/u/x.y',
  '/u/x.y.z',
  '/u/a-b',
  '/u/a-b/c',
  '/u/42',
  '/u/42-x',
  '/u/w',
  '/u/x/w',
  '/ua',
];

describe('RoutePattern', () => {
  for (const [route, ...hosts] of [
    ['/u', 'koa', 'express4', 'express5'],
    ['/u/:id', 'koa', 'express4', 'express5'],
    ['/u:id', 'koa', 'express4', 'express5'],
    ['/u/:a/:b', 'koa', 'express4', 'express5'],
    ['/u/:a.:b', 'koa', 'express4', 'express5'],
    ['/u/:a-:b', 'koa', 'express4', 'express5'],
    ['/u/a-:b', 'koa', 'express4', 'express5'],
    ['/u/:id(\\d+)', 'koa', 'express4'],
    ['/u/:id(\\d+)-:rest', 'koa', 'express4'],
    ['/u/(x|w)', 'koa', 'express4'],
    ['/u/:id?', 'koa', 'express4'],
    ['/u/:id?/w', 'koa', 'express4'],
    ['/u/:id+', 'koa'],
    ['/u/:id*', 'koa'],
    ['/u/:path(.*)', 'koa', 'express4'],
    ['/u/*', 'express4'],
    ['/ua?', 'express4'],
    ['/u/*path', 'express5'],
    ['/u{/:id}', 'express5'],
    ['/u{/:id}/w', 'express5'],
    ['/u{/x}?', 'koa'],
  ] as const) {
    for (const host of hosts) {
      it(`reads ${route} as the router of ${host} does`, () => {
        const router = ROUTERS[host]!();
        router.get(route, () => undefined);
        const [layer] = router.stack;
        const pattern = new RoutePattern(route);
        const expression = new RegExp(pattern.source, 'i');
        expect(PATHS.filter((path) => expression.test(path))).to.deep.equal(
          PATHS.filter((path) => layer!.match(path)),
        );
        for (const { samples } of pattern.choices()) {
          expect(samples.filter((path) => layer!.match(path))).to.have.length.above(0);
          expect(samples.filter((path) => !layer!.match(path) === expression.test(path))).to.deep.equal([]);
        }
      });
    }
  }
});

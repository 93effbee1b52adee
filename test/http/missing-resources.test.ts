/** Stores say in two ways that a resource does not exist; both mean the same, and nothing else does. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { Container } from 'typedi';
import { anyOf, ownerOf, Resource } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, provider, startApi } from '../support/scripted';
import { QUIET } from '../support/secured-server';

interface Note {
  readonly author: string | null | undefined;
}

const byName = provider('p', (request) => {
  const username = request.header('x-user');
  return username === undefined ? null : { username };
}, { credential: 'x-user' }); // prettier-ignore

const MISSING: Readonly<Record<string, unknown>> = {
  null: null,
  undefined: undefined,
  'a promise of null': Promise.resolve(null),
  'a promise of undefined': Promise.resolve(undefined),
};

for (const driver of DRIVERS) {
  describe(`A resource that a store says does not exist on ${driver.name}`, () => {
    beforeEach(reset);

    const start = async (answer: unknown, whenMissing: 'deny' | 'run') => {
      let isOwnerAsked = false;
      class Notes {
        get() {
          return answer as Note;
        }
      }
      Container.set(Notes, new Notes());
      const owner = (note: Note) => {
        isOwnerAsked = true;
        return note.author!;
      };
      const rule = ownerOf(Notes, 'id', { owner, whenMissing });
      const given: unknown[] = [];
      @JsonController()
      class Main {
        @Authorized(rule) @Get('/notes/:id') get(@Resource(Notes, 'id') note?: Note) {
          given.push(note);
          return { found: note ?? null };
        }
        @Authorized(anyOf('admin', rule)) @Get('/either/:id') either(@Resource(Notes, 'id') note?: Note) {
          given.push(note);
          return { found: note ?? null };
        }
      }
      const api = await startApi(driver, {
        host: { controllers: [Main] },
        security: { providers: [byName] },
        around: QUIET,
      });
      return Object.assign(api, { given, isOwnerAsked: () => isOwnerAsked });
    };
    const ANN = { 'x-user': 'ann' };

    for (const [what, answer] of Object.entries(MISSING)) {
      it(`runs the action with ${what} only for whenMissing: 'run'`, async () => {
        await using run = await start(answer, 'run');
        const { status, text } = await run.get('/notes/1', ANN);
        expect([status, run.given]).to.deep.equal([200, [undefined]]);
        expect(JSON.parse(text)).to.deep.equal({ found: null });
        expect((await run.get('/either/1', ANN)).status).to.equal(200);
        expect((await run.get('/notes/1')).status).to.equal(401);
        expect(run.isOwnerAsked()).to.equal(false);
      });

      it(`denies ${what} with whenMissing: 'deny', as another's`, async () => {
        await using deny = await start(answer, 'deny');
        for (const path of ['/notes/1', '/either/1']) {
          const reply = await deny.get(path, ANN);
          expect([reply.status, reply.json()]).to.deep.equal([403, BODIES.denied]);
        }
        expect(deny.given).to.deep.equal([]);
        expect(deny.isOwnerAsked()).to.equal(false);
      });
    }

    for (const [what, answer] of Object.entries({
      false: false,
      'an empty text': '',
      zero: 0,
      NaN: NaN,
      'a text': 'ann',
      'a promise of false': Promise.resolve(false),
    })) {
      it(`is not meant by ${what}, which is a fault and runs nothing`, async () => {
        await using api = await start(answer, 'run');
        const reply = await api.get('/notes/1', ANN);
        expect([reply.status, reply.json()]).to.deep.equal([500, BODIES.fault]);
        expect(api.given).to.deep.equal([]);
      });
    }

    for (const author of [null, undefined]) {
      it(`is not one whose owner is ${author}: nobody owns that`, async () => {
        await using api = await start({ author }, 'run');
        for (const user of ['ann', 'null', 'undefined']) {
          expect((await api.get('/notes/1', { 'x-user': user })).status).to.equal(403);
        }
        expect(api.given).to.deep.equal([]);
      });
    }
  });
}

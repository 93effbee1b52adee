import { expect } from 'chai';
import { Authorized, Delete, Get, JsonController, Param } from 'routing-controllers';
import { Container } from 'typedi';
import {
  anyOf,
  type Constructor,
  createSecurity,
  type OwnerOptions,
  ownerOf,
  Resource,
  ServiceUnavailableError,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { BODIES, provider, startApi } from '../support/scripted';
import { QUIET } from '../support/secured-server';

interface Note {
  id: string;
  author: string;
}

/** Counts what is loaded; `fault` is what it does in place of answering. */
class Notes {
  readonly asked: string[] = [];
  fault: (() => never) | undefined;
  private readonly notes = new Map<string, Note>([
    ['1', { id: '1', author: 'ann' }],
    ['a/b', { id: 'a/b', author: 'ann' }],
    ['odd', { id: 'odd', author: undefined as never }],
  ]);
  async get(id: string): Promise<Note | undefined> {
    this.asked.push(id);
    this.fault?.();
    return this.notes.get(id);
  }
}

const byName = provider(
  'p',
  (request) => {
    const username = request.header('x-user');
    return username === undefined ? null : { username, roles: username === 'root' ? ['admin'] : [] };
  },
  { credential: 'x-user' },
);
const as = (user: string) => ({ 'x-user': user });

function controllers(options: OwnerOptions<Note> = { owner: ({ author }) => author }) {
  const rule = ownerOf(Notes, 'id', options);
  @JsonController('/notes')
  class NotesController {
    @Authorized(rule) @Get('/:id') get(@Resource(Notes, 'id') note?: Note) {
      return note;
    }
    @Authorized(anyOf('admin', rule)) @Delete('/:id') remove(
      @Param('id') id: string,
      @Resource(Notes, 'id') note?: Note,
    ) {
      return note && { removed: id, author: note.author };
    }
  }
  return [NotesController];
}

for (const driver of DRIVERS) {
  describe(`Owners on ${driver.name}`, () => {
    beforeEach(reset);

    const start = async (host: Constructor<object>[] = controllers()) => {
      const notes = new Notes();
      Container.set(Notes, notes);
      const api = await startApi(driver, {
        host: { controllers: host },
        security: { providers: [byName] },
        around: QUIET,
      });
      return Object.assign(api, { notes });
    };

    it('get in, others do not, and the action gets what the guard loaded, loaded once', async () => {
      await using api = await start();
      const own = await api.get('/notes/1', as('ann'));
      expect([own.status, own.json()]).to.deep.equal([200, { id: '1', author: 'ann' }]);
      expect(api.notes.asked).to.deep.equal(['1']);
      const foreign = await api.get('/notes/1', as('bob'));
      expect([foreign.status, foreign.json()]).to.deep.equal([403, BODIES.denied]);
      expect(api.events.at(-1)).to.include({
        type: 'denied',
        reason: 'owner of Notes :id (NotesController.get)',
      });
      expect((await api.get('/notes/1')).status).to.equal(401);
      expect(api.notes.asked).to.deep.equal(['1', '1']);
    });

    it('are asked about the id as the router decoded it, once', async () => {
      await using api = await start();
      expect((await api.get('/notes/a%2Fb', as('ann'))).status).to.equal(200);
      expect((await api.get('/notes/a%252Fb', as('ann'))).status).to.equal(403);
      expect(api.notes.asked).to.deep.equal(['a/b', 'a%2Fb']);
    });

    it('in anyOf() leave a role its own way, and the action loads for itself', async () => {
      await using api = await start();
      const reply = await api.server.raw('/notes/1', { method: 'DELETE', headers: as('root') });
      expect([reply.status, JSON.parse(reply.text)]).to.deep.equal([200, { removed: '1', author: 'ann' }]);
      expect(api.notes.asked).to.deep.equal(['1']);
      const foreign = await api.server.raw('/notes/1', { method: 'DELETE', headers: as('bob') });
      expect(foreign.status).to.equal(403);
    });

    it("of a missing resource are nobody, byte for byte as of another's", async () => {
      await using api = await start();
      const [missing, foreign] = [
        await api.get('/notes/none', as('bob')),
        await api.get('/notes/1', as('bob')),
      ];
      expect([missing.status, missing.text]).to.deep.equal([403, foreign.text]);
      expect(missing.rawHeaders.filter((line) => line !== missing.headers.date)).to.deep.equal(
        foreign.rawHeaders.filter((line) => line !== foreign.headers.date),
      );
      expect((await api.get('/notes/none', as('ann'))).status).to.equal(403);
      const removed = await api.server.raw('/notes/none', { method: 'DELETE', headers: as('root') });
      expect(removed.status).to.equal(404);
    });

    it("of a missing resource are everybody with whenMissing: 'run': it is the action's 404", async () => {
      await using api = await start(controllers({ owner: ({ author }) => author, whenMissing: 'run' }));
      for (const user of ['ann', 'bob']) {
        expect((await api.get('/notes/none', as(user))).status).to.equal(404);
        const removed = await api.server.raw('/notes/none', { method: 'DELETE', headers: as(user) });
        expect(removed.status).to.equal(404);
      }
      expect((await api.get('/notes/1', as('bob'))).status).to.equal(403);
    });

    it('are not found in what a store gives in place of a resource', async () => {
      for (const [given, status] of [
        [null, 403],
        [undefined, 403],
        [false, 500],
        [0, 500],
        ['', 500],
        ['ann', 500],
        [Object.assign(() => null, { owner: 'ann' }), 500],
        [[], 403],
      ] as const) {
        reset();
        class Odd {
          get(): object {
            return given as object;
          }
        }
        @JsonController('/odd')
        class OddController {
          @Authorized(ownerOf(Odd, 'id')) @Get('/:id') get() {
            return {};
          }
        }
        await using api = await start([OddController]);
        expect((await api.get('/odd/1', as('ann'))).status, String(given)).to.equal(status);
      }
    });

    it('are nobody where the record names none, or in another type', async () => {
      await using api = await start();
      for (const user of ['ann', 'undefined', 'null']) {
        expect((await api.get('/notes/odd', as(user))).status, user).to.equal(403);
      }
      reset();
      await using other = await start(controllers({ owner: () => ['ann'] as never }));
      expect((await other.get('/notes/1', as('ann'))).status).to.equal(403);
    });

    it('default to the property owner', async () => {
      class Owned {
        get(id: string) {
          return { id, owner: 'ann' };
        }
      }
      @JsonController('/owned')
      class OwnedController {
        @Authorized(ownerOf(Owned, 'id')) @Get('/:id') get() {
          return {};
        }
      }
      await using api = await start([OwnedController]);
      expect((await api.get('/owned/1', as('ann'))).status).to.equal(200);
      expect((await api.get('/owned/1', as('bob'))).status).to.equal(403);
    });

    for (const [name, fault, status] of [
      [
        'is down',
        () => {
          throw new ServiceUnavailableError();
        },
        503,
      ],
      [
        'fails',
        () => {
          throw new Error('canary');
        },
        500,
      ],
    ] as const) {
      // prettier-ignore
      it(`answer ${status} when the store ${name}`, async () => {
        await using api = await start();
        api.notes.fault = fault;
        const reply = await api.get('/notes/1', as('ann'));
        expect(reply.status).to.equal(status);
        expect(reply.text).not.to.include('canary');
      });
    }

    it('stop the app at start for a parameter that the route has not', async () => {
      @JsonController('/notes')
      class Wrong {
        @Authorized(ownerOf(Notes, 'noteId')) @Get('/:id') get() {
          return {};
        }
      }
      const outcome = await start([Wrong]).catch((error: unknown) => (error as Error).message);
      expect(outcome).to.match(/@Authorized on Wrong\.get: the route \/notes\/:id .*no parameter :noteId/);
    });

    it('refuse with 500 where a route leaves its parameter out', async () => {
      @JsonController()
      class Optional {
        @Authorized(ownerOf(Notes, 'id')) @Get(/^\/notes(?:\/(?<id>\w+))?$/) get() {
          return {};
        }
      }
      await using api = await start([Optional]);
      expect((await api.get('/notes', as('ann'))).status).to.equal(500);
    });
  });

  describe(`@Resource() on ${driver.name}`, () => {
    beforeEach(reset);

    it('is loaded from the container of the instance', async () => {
      const notes = new Notes();
      const container = {
        get: <T>(cls: Constructor<T>): T => (cls === (Notes as unknown) ? notes : new cls()) as T,
      };
      @JsonController()
      class Open {
        @Get('/open/:id') open(@Resource(Notes, 'id') note?: Note) {
          return { author: note?.author ?? null };
        }
      }
      const security = createSecurity({ container, logger: new MemoryLogger(), providers: [] });
      const options = security.secure({ controllers: [Open] });
      await using server = await TestServer.start(driver.build(options));
      expect(await (await server.fetch('/open/1')).json()).to.deep.equal({ author: 'ann' });
      expect(await (await server.fetch('/open/2')).json()).to.deep.equal({ author: null });
      expect(notes.asked).to.deep.equal(['1', '2']);
    });
  });
}

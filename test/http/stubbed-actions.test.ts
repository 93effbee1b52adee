/** Servers whose actions are stubbed for a test leave no other server of the process so. */
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { createSecurity } from '../../src';
import { stubActions } from '../../src/host/install';
import { REACHED } from '../../src/security/stubbed-server';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider } from '../support/scripted';

const byName = provider(
  'p',
  (request) => {
    const username = request.header('x-user');
    return username === undefined ? null : { username };
  },
  { credential: 'x-user' },
);

for (const driver of DRIVERS) {
  describe(`Stubbed actions on ${driver.name}`, () => {
    beforeEach(reset);

    const setUp = () => {
      const ran: string[] = [];
      @JsonController()
      class Main {
        @Authorized() @Get('/guarded') guarded() {
          ran.push('guarded');
          return { ran: true };
        }
      }
      const security = createSecurity({ logger: new MemoryLogger(), providers: [byName] });
      return { ran, build: () => driver.build(security.secure({ controllers: [Main] })) };
    };
    const ANN = { headers: { 'x-user': 'ann' } };

    it('answer 204 and their name to those who get in, run nothing, and let in nobody else', async () => {
      const { ran, build } = setUp();
      await using server = await TestServer.start(stubActions(build));
      const reached = await server.raw('/guarded', ANN);
      expect([reached.status, reached.response.headers[REACHED]]).to.deep.equal([204, 'Main.guarded']);
      const refused = await server.raw('/guarded');
      expect([refused.status, refused.response.headers[REACHED]]).to.deep.equal([401, undefined]);
      expect(ran).to.deep.equal([]);
    });

    for (const [what, stub] of [
      ['was built', (build: () => unknown) => build()],
      [
        'could not be built',
        () => {
          throw new Error('not built');
        },
      ],
    ] as const) {
      it(`are run by a server that is built after a stubbed one ${what}`, async () => {
        const { ran, build } = setUp();
        try {
          stubActions(() => stub(build));
        } catch (error) {
          expect((error as Error).message).to.equal('not built');
        }
        await using server = await TestServer.start(build());
        const reply = await server.raw('/guarded', ANN);
        expect([reply.status, JSON.parse(reply.text)]).to.deep.equal([200, { ran: true }]);
        expect(reply.response.headers).to.not.have.property(REACHED);
        expect(ran).to.deep.equal(['guarded']);
      });
    }
  });
}

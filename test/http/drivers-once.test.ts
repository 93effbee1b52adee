/** However often the library is set up in a process, each action is registered once and each check runs once. */
import { expect } from 'chai';
import {
  ActionMetadata,
  Authorized,
  ControllerMetadata,
  CurrentUser,
  ExpressDriver,
  Get,
  JsonController,
  KoaDriver,
} from 'routing-controllers';
import { AccessDeniedError, createSecurity, type SecurityEvent, securest, type User } from '../../src';
import { installDrivers } from '../../src/host/install';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { provider } from '../support/scripted';

/** What the library wraps. */
const WRAPPED = [KoaDriver, ExpressDriver, ControllerMetadata, ActionMetadata].map(
  ({ prototype }) => prototype,
);
const wrappings = () => WRAPPED.map((prototype) => Object.getOwnPropertyDescriptors(prototype));

describe('The wrapping of the drivers', () => {
  it('is the same however often it is asked for, and by however many instances', () => {
    installDrivers();
    const once = wrappings();
    installDrivers();
    for (let count = 0; count < 3; count += 1) createSecurity({ logger: new MemoryLogger() });
    securest({ controllers: [], security: { logger: new MemoryLogger() } });
    installDrivers();
    expect(wrappings()).to.deep.equal(once);
  });
});

for (const driver of DRIVERS) {
  describe(`Drivers that are set up again and again on ${driver.name}`, () => {
    beforeEach(reset);

    for (const instances of [1, 2, 5]) {
      it(`ask everything once for a request, beside ${instances - 1} other instances`, async () => {
        const asked: string[] = [];
        const events: SecurityEvent[] = [];
        const named = provider('p', (request) => {
          asked.push('provider');
          const username = request.header('x-user');
          return username === undefined ? null : { username };
        }, { credential: 'x-user', challenge: { scheme: 'Name' } }); // prettier-ignore
        @JsonController()
        class Main {
          @Authorized(() => asked.push('policy') > 0) @Get('/guarded') guarded(@CurrentUser() user: User) {
            asked.push(`action ${user.username}`);
            return {};
          }
          @Get('/throws') throws() {
            throw new AccessDeniedError();
          }
        }
        const secured = Array.from({ length: instances }, () =>
          createSecurity({
            logger: new MemoryLogger(),
            onEvent: (event) => void events.push(event),
            providers: [named],
          }),
        ).map((security) => {
          installDrivers();
          return security.secure({ controllers: [Main] });
        });
        for (const options of secured) {
          await using server = await TestServer.start(driver.build(options));
          asked.length = events.length = 0;
          const inside = await server.raw('/guarded', { headers: { 'x-user': 'ann' } });
          expect(inside.status).to.equal(200);
          expect(asked).to.deep.equal(['provider', 'policy', 'action ann']);
          expect(events.map(({ type }) => type)).to.deep.equal(['authenticated', 'allowed']);

          asked.length = events.length = 0;
          const outside = await server.raw('/guarded');
          expect(outside.status).to.equal(401);
          const names = outside.response.rawHeaders.filter((_, index) => index % 2 === 0);
          expect(names.filter((name) => name.toLowerCase() === 'www-authenticate')).to.have.length(1);
          expect(asked).to.deep.equal(['provider']);
          expect(events.map(({ type }) => type)).to.deep.equal(['failed']);
          expect((await server.raw('/throws')).status).to.equal(403);
        }
      });
    }
  });
}

import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { MemoryUserstore, ServiceUnavailableError } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

/** Two stores that both know a group `team`, which means more in the first one. */
class Staff extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', groups: ['team'] }], groups: [{ name: 'team', roles: ['admin'] }] });
  }
}
class Guests extends MemoryUserstore {
  constructor() {
    super({
      users: [
        { username: 'ann', groups: [] },
        { username: 'bob', groups: ['team'] },
      ],
      groups: [{ name: 'team', roles: ['reader'] }],
    });
  }
}
class Down {
  getUser(): never {
    throw new ServiceUnavailableError();
  }
}

for (const driver of DRIVERS) {
  describe(`Several userstores on ${driver.name}`, () => {
    beforeEach(reset);

    const byName = (copy: boolean) =>
      provider(
        'p',
        async (request, users) => {
          const user = await users.getUser(request.header('x-user') ?? '');
          return copy && user ? { ...user } : user;
        },
        { credential: 'x-user' },
      );
    for (const copy of [false, true]) {
      it(`give ${copy ? 'a copy of a user' : 'a user'} the groups of its own store only`, async () => {
        @JsonController()
        class Roles {
          @Authorized('admin') @Get('/admin') admin() {
            return {};
          }
          @Authorized('reader') @Get('/reader') reader() {
            return {};
          }
        }
        await using api = await startApi(driver, {
          host: { controllers: [Roles] },
          security: { providers: [byName(copy)], userstores: [Staff, Guests] },
        });
        const statuses = async (user: string) => [
          (await api.get('/admin', { 'x-user': user })).status,
          (await api.get('/reader', { 'x-user': user })).status,
        ];
        expect(await statuses('ann')).to.deep.equal([200, 403]);
        expect(await statuses('bob')).to.deep.equal([403, 200]);
        expect(await statuses('eve')).to.deep.equal([401, 401]);
      });
    }

    it('are 503 when one that is asked is down, although a later one has the user', async () => {
      const security = { providers: [byName(false)], userstores: [Down, Guests] };
      await using api = await startApi(driver, { security });
      expect((await api.get('/guarded', { 'x-user': 'bob' })).status).to.equal(503);
      expect(api.ran).to.deep.equal([]);
    });
  });
}

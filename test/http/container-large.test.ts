/** Among many other classes the container is not looked through for each request, and a change counts at once. */
import { expect } from 'chai';
import { type Action, Authorized, Get, JsonController } from 'routing-controllers';
import { Container, ContainerInstance, Service } from 'typedi';
import type { RoleChecker } from '../../src';
import { ANN, App, BOB, Names, ann, bob, decorateAnn, load } from '../support/container-app';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { NameProvider } from '../support/secured-server';

const OTHERS = 2000;

/** Registers other classes, and counts how often one of them is looked at. */
function addOthers(container: ContainerInstance): () => number {
  let looks = 0;
  const { services } = container as unknown as { services: object[] };
  services.push({
    get id() {
      looks += 1;
      return undefined;
    },
  });
  for (let index = 0; index < OTHERS; index += 1) {
    const other = class {};
    container.set({ id: other, type: other });
  }
  return () => looks;
}

for (const driver of DRIVERS) {
  describe(`A container of ${String(OTHERS)} other classes on ${driver.name}`, () => {
    beforeEach(reset);
    afterEach(() => {
      // The class that counts cannot be reset.
      (Container.of() as unknown as { services: object[] }).services = [];
    });

    for (const [name, make] of [
      ['the global one', () => Container.of()],
      ['one of its own', () => new ContainerInstance('large')],
    ] as const) {
      it(`is not looked through for a request, ${name}`, async () => {
        const container = make();
        const looks = [...new Set([Container.of(), container])].map(addOthers);
        const { Users } = decorateAnn();
        await using app = await App.start(driver, { container });
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        const before = looks.map((count) => count());
        for (const path of ['/me', '/open']) {
          expect(await app.get(path, ann)).to.deep.equal({ user: 'ann' });
        }
        expect(await app.get('/me')).to.equal(401);
        expect(looks.map((count) => count())).to.deep.equal(before);
        container.set(Users, new Names(BOB));
        expect(await app.get('/me', ann)).to.equal(401);
        expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
      });

      it(`gives what is removed and set again, ${name}`, async () => {
        const container = make();
        addOthers(container);
        const { Users, Password } = decorateAnn();
        await using app = await App.start(driver, { container });
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        container.remove(Users);
        container.set(Users, new Names(BOB));
        expect(await app.get('/me', ann)).to.equal(401);
        expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
        container.remove([Users, Password]);
        container.set([
          { id: Password, factory: () => new NameProvider() },
          { id: Users, factory: () => new Names(ANN) },
        ]);
        expect(await app.get('/me', ann)).to.equal(401);
        expect(await app.get('/me', { 'x-user': 'ann' })).to.deep.equal({ user: 'ann' });
        container.remove(Password);
        container.set(Password, undefined);
        for (const headers of [ann, {}, { 'x-user': 'ann' }]) {
          expect(await app.get('/me', headers)).to.equal(500);
        }
      });
    }

    it('whose get() is another while the server runs is asked, and refuses where it fails', async () => {
      addOthers(Container.of());
      const { Users } = decorateAnn();
      await using app = await App.start(driver);
      expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
      const statics = Container as unknown as { get: (id: unknown) => unknown };
      const { get } = statics;
      const fake = new Names(BOB);
      try {
        statics.get = (id) => (id === Users ? fake : get.call(Container, id));
        expect(await app.get('/me', ann)).to.equal(401);
        expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
        statics.get = () => {
          throw new Error('gone');
        };
        for (const headers of [ann, {}]) expect(await app.get('/me', headers)).to.equal(500);
      } finally {
        statics.get = get;
      }
      expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
      expect(await app.get('/me', bob)).to.equal(401);
    });

    it('makes a policy anew for each request that is no singleton', async () => {
      addOthers(Container.of());
      let made = 0;
      @Service({ transient: true })
      class IsFirst implements RoleChecker {
        private readonly number = (made += 1);
        check(_action: Action) {
          return this.number === 1;
        }
      }
      load(decorateAnn());
      @JsonController()
      class Checked {
        @Authorized(IsFirst) @Get('/checked') get() {
          return {};
        }
      }
      await using app = await App.start(driver, { controllers: [Checked] });
      const start = made;
      made = 0;
      expect(await app.get('/checked', ann)).to.deep.equal({});
      for (let index = 0; index < 3; index += 1) expect(await app.get('/checked', ann)).to.equal(403);
      expect(made).to.equal(4);
      expect(start).to.be.lessThan(5);
    });
  });
}

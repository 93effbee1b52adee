/** Containers of the app: of TypeDI, written by hand, shared by several apps. */
import { expect } from 'chai';
import { type Action, Authorized, Get, JsonController } from 'routing-controllers';
import { Container } from 'typedi';
import { AuthProvider, type Constructor, type RoleChecker, type User, Userstore } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import {
  ANN,
  BOB,
  ann,
  bob,
  Names,
  decorateAnn,
  App,
  refusal,
  load,
  HandWritten,
} from '../support/container-app';
import { CheapPasswordProvider } from '../support/hashers';

for (const driver of DRIVERS) {
  describe(`TypeDI on ${driver.name}`, () => {
    beforeEach(reset);

    describe('a container of its own', () => {
      it("another of TypeDI's has its own instances and fakes, and sees the decorated classes", async () => {
        const { Users } = decorateAnn();
        const own = Container.of('own');
        try {
          own.set(Users, new Names(BOB));
          await using app = await App.start(driver, { container: own });
          await using global = await App.start(driver);
          expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
          expect(await app.get('/me', ann)).to.equal(401);
          expect(await global.get('/me', ann)).to.deep.equal({ user: 'ann' });
          expect(await global.get('/me', bob)).to.equal(401);
          own.reset({ strategy: 'resetServices' });
          expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
          expect(own.get(Users)).not.to.equal(Container.get(Users));
        } finally {
          own.reset({ strategy: 'resetServices' });
        }
      });

      it('a hand-written one makes everything: providers, stores, policies and controllers', async () => {
        const { Users, Password } = decorateAnn();
        class Notes {
          readonly text = 'mine';
        }
        class IsAnn implements RoleChecker {
          check(_action: Action, user: User) {
            return user.username === 'ann';
          }
        }
        @JsonController()
        class Controller {
          constructor(private readonly notes: Notes) {}
          @Authorized(IsAnn) @Get('/notes') get() {
            return { text: this.notes.text };
          }
        }
        const container = new HandWritten();
        container.instances.set(Controller, new Controller(new Notes()));
        await using app = await App.start(driver, { container, controllers: [Controller] });
        expect(await app.get('/notes', ann)).to.deep.equal({ text: 'mine' });
        expect([...container.instances.keys()]).to.have.members([Users, Password, IsAnn, Controller]);
        container.instances.set(Users, new Names());
        expect(await app.get('/notes', ann)).to.equal(401);
      });

      it('a hand-written one that knows nothing stops the app at start', () => {
        decorateAnn();
        const empty = { get: () => undefined as never };
        expect(refusal(driver, { container: empty })).to.match(/@Userstore Users has no method getUser\(\)/);
        const failing = {
          get: <T>(cls: Constructor<T>): T => {
            throw new Error(`no ${cls.name} here`);
          },
        };
        expect(refusal(driver, { container: failing })).to.match(/Users cannot be created: no Users here/);
      });

      it('a hand-written one that starts to fail lets nobody in', async () => {
        decorateAnn();
        const container = new HandWritten();
        await using app = await App.start(driver, { container });
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        container.get = () => {
          throw new Error('gone');
        };
        for (const headers of [ann, {}]) expect(await app.get('/me', headers)).to.equal(500);
      });

      it('of several apps is one set of instances', async () => {
        let created = 0;
        @Userstore()
        class Users extends Names {
          constructor() {
            super(ANN);
            created += 1;
          }
        }
        @AuthProvider(1)
        class Password extends CheapPasswordProvider {}
        load(Password);
        const container = Container.of('shared');
        try {
          await using first = await App.start(driver, { container });
          await using second = await App.start(driver, { container });
          container.get(Users).users.set('bob', BOB);
          for (const app of [first, second]) expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
          container.set(Users, new Names());
          for (const app of [first, second]) expect(await app.get('/me', bob)).to.equal(401);
          expect(created).to.equal(1);
        } finally {
          container.reset({ strategy: 'resetServices' });
        }
      });
    });
  });
}

/** What replaces or empties the container while an app runs changes what it uses, and opens nothing. */
import { expect } from 'chai';
import { type Action, Authorized, Get, JsonController } from 'routing-controllers';
import { Container, Service } from 'typedi';
import {
  AuthProvider,
  PasswordProvider,
  type RoleChecker,
  type User,
  Userstore,
  type UserstoreInterface,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { NameProvider } from '../support/secured-server';
import {
  ANN,
  BOB,
  ann,
  bob,
  Names,
  decorateAnn,
  App,
  load,
  forgetServices,
  RESETS,
} from '../support/container-app';
import { CheapPasswordProvider } from '../support/hashers';

for (const driver of DRIVERS) {
  describe(`TypeDI on ${driver.name}`, () => {
    beforeEach(reset);

    describe('Container.set(Class, fake)', () => {
      it('before the start replaces a store and a provider, which are never created', async () => {
        let created = 0;
        @Userstore()
        class Users extends Names {
          constructor() {
            super(ANN);
            created += 1;
          }
        }
        @AuthProvider(1)
        class Password extends CheapPasswordProvider {
          constructor() {
            super();
            created += 1;
          }
        }
        Container.set(Users, new Names(BOB));
        Container.set(Password, new NameProvider());
        await using app = await App.start(driver);
        expect(await app.get('/me', { 'x-user': 'bob' })).to.deep.equal({ user: 'bob' });
        expect(await app.get('/me', { 'x-user': 'ann' })).to.equal(401);
        expect(await app.get('/me', ann)).to.equal(401);
        expect(created).to.equal(0);
      });

      it('while the server runs replaces a store from the next request on', async () => {
        const { Users } = decorateAnn();
        await using app = await App.start(driver);
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        expect(await app.get('/me', bob)).to.equal(401);
        Container.set(Users, new Names(BOB));
        expect(await app.get('/me', ann)).to.equal(401);
        expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
      });

      it('while the server runs replaces a provider, its challenge and its credential too', async () => {
        const { Password } = decorateAnn();
        await using app = await App.start(driver);
        expect((await app.server.fetch('/me')).headers.get('www-authenticate')).to.match(/^Basic /);
        Container.set(Password, new NameProvider());
        expect(await app.get('/me', ann)).to.equal(401);
        expect(await app.get('/me', { 'x-user': 'ann' })).to.deep.equal({ user: 'ann' });
        const refused = await app.server.fetch('/me');
        expect(refused.headers.get('www-authenticate')).to.equal('Name realm="api"');
        expect(refused.headers.get('vary')).to.match(/x-user/i);
      });

      it('with a value that is not a store or provider grants nothing and opens nothing', async () => {
        const { Users, Password } = decorateAnn();
        await using app = await App.start(driver);
        for (const nonsense of [undefined, null, {}, true, () => ANN]) {
          Container.set(Users, nonsense);
          expect(await app.get('/me', ann)).to.equal(500);
          Container.set(Users, new Names(ANN));
          Container.set(Password, nonsense);
          expect(await app.get('/me', ann)).to.equal(500);
          expect(await app.get('/me')).to.equal(500);
          Container.set(Password, new PasswordProvider());
          expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        }
      });
    });

    describe('Container.reset() while the server runs', () => {
      for (const [name, restart] of RESETS) {
        it(`${name}: the classes are known still, and made anew`, async () => {
          const { Users, Password } = decorateAnn();
          await using app = await App.start(driver);
          const before = Container.get(Users);
          before.users.set('bob', BOB);
          expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
          restart();
          expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
          expect(await app.get('/me', bob)).to.equal(401);
          expect(await app.get('/me')).to.equal(401);
          expect(Container.get(Users)).not.to.equal(before);
          expect(Container.get(Password)).to.be.instanceOf(Password);
        });

        it(`${name}: a fake gives way to the class`, async () => {
          const { Users } = decorateAnn();
          await using app = await App.start(driver);
          Container.set(Users, new Names(BOB));
          restart();
          expect(await app.get('/me', bob)).to.equal(401);
          expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        });
      }

      it('of its services: what needs a service that is gone answers 500, never opens, and heals', async () => {
        @Service()
        class Directory {
          find(name: string) {
            return name === 'ann' ? ANN : undefined;
          }
        }
        @Userstore()
        class Users implements UserstoreInterface {
          constructor(private readonly directory: Directory) {}
          getUser(name: string) {
            return this.directory.find(name);
          }
        }
        @AuthProvider(1)
        class Password extends CheapPasswordProvider {}
        load(Users, Password);
        await using app = await App.start(driver);
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        forgetServices();
        for (const path of ['/me', '/open']) expect(await app.get(path, ann)).to.equal(500);
        expect(await app.get('/me')).to.equal(401);
        Container.set({ id: Directory, type: Directory });
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
      });

      it('of its services: a provider that cannot be made again is 500 for everybody, and lets no later one in', async () => {
        @Service()
        class Secrets {
          readonly accepted = 'x';
        }
        decorateAnn();
        @AuthProvider(0)
        class Broken extends NameProvider {
          constructor(readonly secrets: Secrets) {
            super();
          }
        }
        load(Broken);
        await using app = await App.start(driver);
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        forgetServices();
        for (const headers of [ann, {}, { 'x-user': 'ann' }]) {
          for (const path of ['/me', '/open']) expect(await app.get(path, headers)).to.equal(500);
        }
        Container.set({ id: Secrets, type: Secrets });
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
        expect(await app.get('/open')).to.deep.equal({ user: null });
      });

      it('of its services: a policy that cannot be made again lets nobody in', async () => {
        @Service()
        class Allowed {
          readonly name = 'ann';
        }
        @Service()
        class IsAllowed implements RoleChecker {
          constructor(private readonly allowed: Allowed) {}
          check(_action: Action, user: User) {
            return user.username === this.allowed.name;
          }
        }
        decorateAnn();
        @JsonController()
        class Checked {
          @Authorized(IsAllowed) @Get('/checked') get() {
            return {};
          }
        }
        await using app = await App.start(driver, { controllers: [Checked] });
        expect(await app.get('/checked', ann)).to.deep.equal({});
        forgetServices();
        expect(await app.get('/checked', ann)).to.equal(500);
        expect(await app.get('/checked')).to.equal(401);
      });
    });
  });
}

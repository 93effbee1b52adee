/** What the container injects, and which instance it gives. */
import { expect } from 'chai';
import { type Action, Authorized, Get, JsonController, useContainer } from 'routing-controllers';
import { Container, Inject, Service, Token } from 'typedi';
import {
  AuthProvider,
  BadCredentialsError,
  anyOf,
  type Constructor,
  MemoryUserstore,
  ownerOf,
  type RoleChecker,
  TokenProvider,
  TokenService,
  type User,
  Userstore,
  type UserstoreInterface,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { ANN, BOB, ann, bob, Names, decorateAnn, App, refusal, load } from '../support/container-app';
import { CheapPasswordProvider } from '../support/hashers';

for (const driver of DRIVERS) {
  describe(`TypeDI on ${driver.name}`, () => {
    beforeEach(reset);

    describe('injects constructors', () => {
      it('of stores, providers, policies and controllers, with one instance of what they share', async () => {
        let created = 0;
        @Service()
        class Shared {
          readonly allowed = 'ann';
          constructor() {
            created += 1;
          }
        }
        @Userstore()
        class Users extends Names {
          constructor(readonly shared: Shared) {
            super(ANN, BOB);
          }
        }
        @AuthProvider(1)
        class Password extends CheapPasswordProvider {
          constructor(readonly shared: Shared) {
            super();
          }
        }
        @Service()
        class IsAllowed implements RoleChecker {
          constructor(private readonly shared: Shared) {}
          check(_action: Action, user: User) {
            return user.username === this.shared.allowed;
          }
        }
        @JsonController()
        class Controller {
          constructor(private readonly shared: Shared) {}
          @Authorized(IsAllowed) @Get('/shared') get() {
            const others = [Container.get(Users).shared, Container.get(Password).shared];
            return { same: others.every((one) => one === this.shared) };
          }
        }
        await using app = await App.start(driver, { controllers: [Controller] });
        expect(await app.get('/shared', ann)).to.deep.equal({ same: true });
        expect(await app.get('/shared', bob)).to.equal(403);
        expect(created).to.equal(1);
      });

      it('of no policy or resource store without a decorator, which is refused at start', () => {
        decorateAnn();
        class Clock {
          hour(): number {
            return 12;
          }
        }
        class Daytime implements RoleChecker {
          constructor(private readonly clock: Clock) {}
          check() {
            return this.clock.hour() > 6;
          }
        }
        class Notes {
          constructor(private readonly clock: Clock) {}
          get(id: string) {
            return { id, hour: this.clock.hour() };
          }
        }
        for (const rule of [Daytime, anyOf('admin', Daytime), ownerOf(Notes, 'id')]) {
          @JsonController()
          class Controller {
            @Authorized(rule as never) @Get('/notes/:id') get() {
              return {};
            }
          }
          const error = refusal(driver, { controllers: [Controller] });
          expect(error).to.match(
            /@Authorized on Controller\.get: (Daytime|Notes) has constructor parameters/,
          );
          expect(error).to.include('@Service()');
        }
      });

      it("of a controller that inherits its constructor, once, from each app's own container", async () => {
        decorateAnn();
        @Service()
        class Named {
          name = 'global';
        }
        let created = 0;
        class Base {
          constructor(readonly named: Named) {
            created += 1;
          }
          @Authorized() @Get('/name') get() {
            return { name: this.named.name };
          }
        }
        @JsonController()
        @Service()
        class Sub extends Base {}
        // What a decorator on the base would have TypeScript emit.
        Reflect.defineMetadata('design:paramtypes', [Named], Base);
        const own = Container.of('named');
        try {
          own.get(Named).name = 'own';
          await using first = await App.start(driver, { controllers: [Sub] });
          await using second = await App.start(driver, { controllers: [Sub], container: own });
          for (let times = 0; times < 2; times += 1) {
            expect(await first.get('/name', ann)).to.deep.equal({ name: 'global' });
            expect(await second.get('/name', ann)).to.deep.equal({ name: 'own' });
          }
          expect(created).to.equal(2);
        } finally {
          own.reset({ strategy: 'resetServices' });
        }
      });

      it('leaves controllers to the container that the app gave routing-controllers', async () => {
        decorateAnn();
        class Notes {
          constructor(readonly text: string) {}
        }
        @JsonController()
        class Controller {
          constructor(private readonly notes: Notes) {}
          @Authorized() @Get('/notes') get() {
            return { text: this.notes.text };
          }
        }
        useContainer({
          get: (cls: Constructor<unknown>) => new (cls as new (n: Notes) => never)(new Notes('theirs')),
        });
        try {
          await using app = await App.start(driver, { controllers: [Controller] });
          expect(await app.get('/notes', ann)).to.deep.equal({ text: 'theirs' });
        } finally {
          useContainer(undefined as never);
        }
      });

      it('inherited by a decorated subclass', async () => {
        @Service()
        class Tokens extends TokenService {
          constructor() {
            super({ secret: 'x'.repeat(32), issuer: 'i', audience: 'a', ttlSeconds: 600 });
          }
        }
        @Service()
        class OurProvider extends TokenProvider {
          constructor(tokens: Tokens) {
            super(tokens);
          }
        }
        @AuthProvider(2)
        class Bearer extends OurProvider {}
        decorateAnn();
        await using app = await App.start(driver);
        const forged = { authorization: 'Bearer a.b.c' };
        const refused = await app.server.fetch('/me', { headers: forged });
        expect(refused.status).to.equal(401);
        expect(refused.headers.get('www-authenticate')).to.contain('error="invalid_token"');
        expect(Container.get(Bearer)).to.be.instanceOf(OurProvider);
      });

      for (const [levels, works] of [
        [1, true],
        [2, false],
      ] as const) {
        it(`by @Inject ${levels} level(s) up: ${works ? 'works' : 'lost by TypeDI, refused at start'}`, async () => {
          const token = new Token<TokenService>('tokens');
          Container.set(
            token,
            new TokenService({ secret: 'x'.repeat(32), issuer: 'i', audience: 'a', ttlSeconds: 600 }),
          );
          class Base extends TokenProvider {
            constructor(@Inject(token) tokens: Pick<TokenService, 'verify'>) {
              super(tokens);
            }
          }
          class Between extends Base {}
          class Bearer extends (levels === 1 ? Base : Between) {}
          AuthProvider(2)(Bearer);
          decorateAnn();
          if (!works) {
            expect(refusal(driver)).to.match(/@AuthProvider Bearer cannot be created: Bearer needs a token/);
            return;
          }
          await using app = await App.start(driver);
          expect(await app.get('/me', { authorization: 'Bearer a.b.c' })).to.equal(401);
        });
      }
    });

    it('passes its container first to a class without constructor: a PasswordProvider works', async () => {
      const given: unknown[][] = [];
      class Recording extends CheapPasswordProvider {
        constructor(...args: unknown[]) {
          super(...(args as []));
          given.push(args);
        }
      }
      const { Users } = decorateAnn();
      @AuthProvider(2)
      class Second extends Recording {
        override readonly name = 'second';
      }
      load(Second);
      await using app = await App.start(driver);
      expect(given).to.deep.equal([[Container.of(undefined)]]);
      expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
      Container.get(Users).users.clear();
      expect(await app.get('/me', ann)).to.equal(401);
    });

    it('passes its container first to a class without constructor: one that needs more is refused', () => {
      @Userstore()
      class Users extends MemoryUserstore {}
      @AuthProvider(1)
      class Bearer extends TokenProvider {}
      load(Bearer);
      expect(refusal(driver)).to.match(/^@Userstore Users cannot be created: MemoryUserstore: users must be/);
      Container.set(Users, new Names(ANN));
      expect(refusal(driver)).to.match(
        /^@AuthProvider Bearer cannot be created: Bearer needs a token service/,
      );
    });

    it('keeps a class that is a @Service() too a singleton, whichever decorator comes first', async () => {
      const created: string[] = [];
      @Service()
      @Userstore()
      class Users extends Names {
        constructor() {
          super(ANN);
          created.push('Users');
        }
      }
      @AuthProvider(1)
      @Service()
      class Password extends CheapPasswordProvider {
        constructor() {
          super();
          created.push('Password');
        }
      }
      await using app = await App.start(driver);
      for (let times = 0; times < 2; times += 1) {
        expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
      }
      Container.get(Users);
      Container.get(Password);
      expect(created.toSorted()).to.deep.equal(['Password', 'Users']);
    });

    it('a class that is a multiple service of a token too is found by its own class', async () => {
      const stores = new Token<UserstoreInterface>('stores');
      @Userstore()
      @Service({ id: stores, multiple: true })
      class Users extends Names {
        constructor() {
          super(ANN);
        }
      }
      @AuthProvider(1)
      class Password extends CheapPasswordProvider {}
      load(Users, Password);
      await using app = await App.start(driver);
      expect(await app.get('/me', ann)).to.deep.equal({ user: 'ann' });
      expect(Container.get(Users).getUser('ann')).to.equal(ANN);
      expect(Container.getMany(stores)).to.have.length(1);
    });

    it('gives by its own class the instance that the chain uses', async () => {
      const { Users, Password } = decorateAnn();
      const early = Container.get(Users);
      await using app = await App.start(driver);
      expect(Container.get(Users)).to.equal(early);
      expect(await app.get('/me', bob)).to.equal(401);
      Container.get(Users).users.set('bob', BOB);
      expect(await app.get('/me', bob)).to.deep.equal({ user: 'bob' });
      Container.get(Password).authenticate = () => Promise.reject(new BadCredentialsError());
      expect(await app.get('/me', bob)).to.equal(401);
    });

    it('creates each class once for many first requests at once', async () => {
      let created = 0;
      @Service()
      class Lazy implements RoleChecker {
        constructor() {
          created += 1;
        }
        check() {
          return true;
        }
      }
      decorateAnn();
      @JsonController()
      class Controller {
        constructor(readonly lazy: Lazy) {}
        @Authorized(Lazy) @Get('/lazy') get() {
          return {};
        }
      }
      await using app = await App.start(driver, { controllers: [Controller] });
      const replies = await Promise.all(Array.from({ length: 20 }, () => app.get('/lazy', ann)));
      expect(replies).to.deep.equal(Array.from({ length: 20 }, () => ({})));
      expect(created).to.equal(1);
    });
  });
}

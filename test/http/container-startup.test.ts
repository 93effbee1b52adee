/** What the container cannot create stops the app at start. */
import { expect } from 'chai';
import { Get, JsonController } from 'routing-controllers';
import { Container, Inject, Service } from 'typedi';
import {
  AuthProvider,
  ConfigurationError,
  type Constructor,
  PasswordProvider,
  securest,
  TokenProvider,
  TokenService,
  type User,
  Userstore,
  type UserstoreInterface,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { NameProvider } from '../support/secured-server';
import { ANN, Names, decorateAnn, App, build, refusal, load } from '../support/container-app';

for (const driver of DRIVERS) {
  describe(`TypeDI on ${driver.name}`, () => {
    beforeEach(reset);

    describe('stops the app at start, with a name, for', () => {
      it('a constructor that throws, of a store or a provider or of what they need', () => {
        @Service()
        class Config {
          constructor() {
            throw new Error('TOKEN_SECRET is not set');
          }
        }
        const { Password } = decorateAnn();
        @AuthProvider(2)
        class Broken extends NameProvider {
          constructor(readonly config: Config) {
            super();
          }
        }
        expect(refusal(driver)).to.equal('@AuthProvider Broken cannot be created: TOKEN_SECRET is not set');
        Container.set(Broken, new NameProvider());
        Container.set({
          id: Password,
          factory: () => {
            throw undefined;
          },
        });
        expect(refusal(driver)).to.equal('@AuthProvider Password cannot be created: undefined');
        @Userstore()
        class BrokenStore extends Names {
          constructor() {
            super();
            throw new Error('no file');
          }
        }
        load(BrokenStore);
        expect(refusal(driver)).to.equal('@Userstore BrokenStore cannot be created: no file');
      });

      it('circular constructors', () => {
        decorateAnn();
        @AuthProvider(2)
        class First extends NameProvider {
          constructor(@Inject(() => Second) readonly second: object) {
            super();
          }
        }
        @Service()
        class Second {
          constructor(readonly first: First) {}
        }
        expect(refusal(driver)).to.match(/^@AuthProvider First cannot be created: .*call stack/);
      });

      it('an abstract class, which TypeDI creates, without its method', () => {
        abstract class Users implements UserstoreInterface {
          abstract getUser(name: string): User;
        }
        Userstore()(Users as unknown as Constructor<UserstoreInterface>);
        AuthProvider(1)(PasswordProvider);
        expect(refusal(driver)).to.match(/^@Userstore Users has no method getUser\(\): add it/);
      });

      it('a promise of an asynchronous factory', () => {
        const { Users } = decorateAnn();
        Container.set({ id: Users, factory: () => Promise.resolve(new Names(ANN)) });
        expect(refusal(driver)).to.match(/^@Userstore Users has no method getUser\(\)/);
      });

      it('an interface or primitive as a parameter, which TypeDI leaves undefined', () => {
        decorateAnn();
        @AuthProvider(2)
        class Bearer extends TokenProvider {
          constructor(tokens: Pick<TokenService, 'verify'>) {
            super(tokens);
          }
        }
        @AuthProvider(3)
        class Keyed extends NameProvider {
          constructor(readonly secret: string) {
            super();
            if (typeof secret !== 'string') throw new Error('secret is missing');
          }
        }
        load(Keyed);
        expect(refusal(driver)).to.match(
          /^@AuthProvider Bearer cannot be created: Bearer was given no token service, though/,
        );
        Container.set(Bearer, new NameProvider());
        expect(refusal(driver)).to.equal('@AuthProvider Keyed cannot be created: secret is missing');
      });

      it('a type that a circular import left undefined, of a component, what it needs, or a controller', () => {
        const circular = (cls: object, ...types: unknown[]) => {
          Reflect.defineMetadata('design:paramtypes', types, cls);
        };
        decorateAnn();
        @Service()
        class Config {}
        class Later {
          readonly it = 'later';
        }
        @Service()
        class Needed {
          constructor(readonly later: Later) {}
        }
        @AuthProvider(2)
        class Needy extends NameProvider {
          constructor(readonly needed: Needed) {
            super();
          }
        }
        load(Later);
        circular(Needed, undefined);
        expect(refusal(driver)).to.match(
          /^@AuthProvider Needy cannot be created: Needed: the type of constructor parameter 1 was undefined/,
        );
        Container.set(Needed, {});
        expect(() => build(driver, {})).to.not.throw();
        Container.set(Needy, new NameProvider());

        @JsonController()
        class Notes {
          constructor(
            readonly known: Config,
            readonly later: Later,
          ) {}
          @Get('/notes') list() {
            return {};
          }
        }
        circular(Notes, Config, undefined);
        expect(refusal(driver, { controllers: [Notes] })).to.match(
          /^Notes: the type of constructor parameter 2 was undefined/,
        );
      });

      it('a service that was never registered', () => {
        decorateAnn();
        class Unknown {
          readonly it = 1;
        }
        @AuthProvider(2)
        class Needy extends NameProvider {
          constructor(readonly unknown: Unknown) {
            super();
          }
        }
        load(Needy);
        expect(refusal(driver)).to.match(
          /^@AuthProvider Needy cannot be created: .*MaybeConstructable<Unknown>/s,
        );
      });
    });

    it('starts an app with an undefined type that has a default, an @Inject, a base that is not called or a factory', () => {
      decorateAnn();
      @Service()
      class Config {}
      const undefinedType = (cls: object) => {
        Reflect.defineMetadata('design:paramtypes', [undefined], cls);
      };
      @AuthProvider(2)
      class Defaulted extends NameProvider {
        override readonly credential = 'x-two';
        readonly name = 'two';
        constructor(readonly config = new Config()) {
          super();
        }
      }
      undefinedType(Defaulted);
      @AuthProvider(3)
      class Named extends NameProvider {
        override readonly credential = 'x-three';
        readonly name = 'three';
        constructor(@Inject(() => Config) readonly config: object) {
          super();
        }
      }
      undefinedType(Named);
      class Base extends NameProvider {
        constructor(readonly config: object) {
          super();
        }
      }
      undefinedType(Base);
      @AuthProvider(4)
      class Own extends Base {
        readonly name = 'four';
        constructor() {
          super({});
        }
      }
      @AuthProvider(5)
      class Made extends Base {
        readonly name = 'five';
      }
      Container.set({ id: Made, factory: () => new Made({}) });
      load(Own, Named, Defaulted);
      expect(() => build(driver, {})).to.not.throw();
    });

    it('cannot know of a class that was never imported: what was found is printed at start', async () => {
      decorateAnn();
      @Userstore(2)
      class More extends Names {}
      @AuthProvider(0)
      class Zeroth extends NameProvider {
        readonly name = 'header';
      }
      load(More, Zeroth);
      await using app = await App.start(driver);
      expect(app.logger.lines.slice(0, 4)).to.deep.equal([
        'info securest: userstore Users',
        'info securest: userstore More',
        'info securest: provider 1 header',
        'info securest: provider 2 Password',
      ]);
      expect(app.logger.lines.join()).not.to.include('both have');
    });

    it('refuses a server whose options have `security` that securest() has not read', () => {
      decorateAnn();
      @JsonController()
      class Notes {
        @Get('/notes') list() {
          return [];
        }
      }
      const controllers = [Notes];
      const security = { default: 'authenticated' as const };
      const secured = securest({ controllers, security: { logger: new MemoryLogger() } });
      for (const options of [
        { controllers, security },
        { ...secured, security },
      ]) {
        expect(() => driver.build(options as object)).to.throw(ConfigurationError, 'only securest() reads');
      }
      expect(() => driver.build({ controllers, security: undefined } as object)).not.to.throw();
      expect(() => driver.build(secured)).not.to.throw();
    });

    it('warns of userstores whose order is that of their imports', async () => {
      decorateAnn();
      @Userstore()
      class More extends Names {}
      @Userstore(1)
      class Last extends Names {}
      load(More, Last);
      await using app = await App.start(driver);
      expect(app.logger.lines.filter((line) => line.includes('both have'))).to.deep.equal([
        'warn securest: Users and More both have @Userstore(0), so the one whose file is imported first is asked ' +
          'first: give each userstore an order of its own',
      ]);
    });
  });
}

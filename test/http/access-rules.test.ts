import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { allOf, anyOf, type Constructor, type Rule } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type CastMember, SecuredServer, USERS } from '../support/secured-server';

const SINGLE: [what: string, roles: () => unknown, admitted: readonly CastMember[]][] = [
  ['nothing', () => undefined, USERS],
  ['a role', () => 'editor', ['editor', 'both']],
  ['an array, any of which will do', () => ['staff', 'editor'], ['staff', 'editor', 'both']],
  ['an array of one', () => ['staff'], ['staff', 'both']],
  ['a role that nobody has', () => 'owner', []],
  ["a role by an Object.prototype member's name", () => 'constructor', []],
  ['allOf', () => allOf('staff', 'editor'), ['both']],
  ['anyOf', () => anyOf('staff', 'editor'), ['staff', 'editor', 'both']],
  ['allOf around anyOf', () => allOf('staff', anyOf('owner', 'editor')), ['both']],
  ['anyOf around allOf', () => anyOf('staff', allOf('editor', 'owner')), ['staff', 'both']],
  ['an array with a rule in it', () => ['owner', allOf('staff', 'editor')], ['both']],
  [
    'allOf with a policy',
    () => allOf('staff', (user: { username: string }) => user.username === 'both'),
    ['both'],
  ],
];

// Without a body there is nothing that early comes before on Express.
const HOSTS = [...DRIVERS.map((driver) => ({ driver, early: false })), { driver: DRIVERS[0]!, early: true }];

for (const { driver, early } of HOSTS) {
  describe(`Rules on ${driver.name}${early ? ', early' : ''}`, () => {
    const start = (...controllers: Constructor<object>[]): Promise<SecuredServer> =>
      SecuredServer.start(driver, { controllers, security: { early } });

    beforeEach(reset);

    for (const [what, roles, admitted] of SINGLE) {
      it(`admit ${admitted.join(', ') || 'no one'} for ${what}, on a method as on a class`, async () => {
        @JsonController('/method')
        class OnMethod {
          @Authorized(roles() as string) @Get('/') list() {
            return {};
          }
        }
        @Authorized(roles() as string)
        @JsonController('/class')
        class OnClass {
          @Get('/') list() {
            return {};
          }
        }

        await using app = await start(OnMethod, OnClass);
        expect(await app.admitted('/method')).to.deep.equal(admitted);
        expect(await app.admitted('/class')).to.deep.equal(admitted);
      });
    }

    it('of class and method must both hold: a method cannot widen its class', async () => {
      @Authorized('staff')
      @JsonController('/x')
      class Controller {
        @Authorized('editor') @Get('/narrower') narrower() {
          return {};
        }
        @Authorized(['staff', 'editor']) @Get('/wider') wider() {
          return {};
        }
        @Authorized() @Get('/anyone') anyone() {
          return {};
        }
      }

      await using app = await start(Controller);
      expect(await app.admitted('/x/narrower')).to.deep.equal(['both']);
      expect(await app.admitted('/x/wider')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/x/anyone')).to.deep.equal(['staff', 'both']);
    });

    it('of stacked guards must all hold, whatever their order', async () => {
      @Authorized('editor')
      @Authorized()
      @JsonController('/class')
      class OnClass {
        @Get('/') list() {
          return {};
        }
      }
      @JsonController('/method')
      class OnMethod {
        @Authorized('staff') @Authorized('editor') @Get('/roles') roles() {
          return {};
        }
        @Authorized('staff') @Authorized() @Get('/outer') outer() {
          return {};
        }
        @Authorized() @Authorized('staff') @Get('/inner') inner() {
          return {};
        }
      }

      await using app = await start(OnClass, OnMethod);
      expect(await app.admitted('/class')).to.deep.equal(['editor', 'both']);
      expect(await app.admitted('/method/roles')).to.deep.equal(['both']);
      expect(await app.admitted('/method/outer')).to.deep.equal(['staff', 'both']);
      expect(await app.admitted('/method/inner')).to.deep.equal(['staff', 'both']);
    });

    it('do not change when the array they came from does', async () => {
      const roles = ['editor'];
      @JsonController('/x')
      class Controller {
        @Authorized(roles) @Get('/') list() {
          return {};
        }
      }

      await using app = await start(Controller);
      roles.push('staff');
      expect(await app.admitted('/x')).to.deep.equal(['editor', 'both']);
    });
  });
}

describe('allOf and anyOf', () => {
  const EMPTY: [string, () => Rule][] = [
    ['allOf()', () => allOf()],
    ['anyOf()', () => anyOf()],
    ["allOf('a', anyOf())", () => allOf('a', anyOf())],
  ];
  for (const [what, make] of EMPTY) {
    it(`refuses ${what}, which guards nothing`, () => {
      expect(make).to.throw().with.property('code', 'invalid_configuration');
    });
  }
});

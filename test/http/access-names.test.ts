/** Actions on methods that have no plain name. */
import { expect } from 'chai';
import {
  Authorized,
  CurrentUser,
  Get,
  Header,
  JsonController,
  UseBefore,
  UseInterceptor,
} from 'routing-controllers';
import { Public, type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { refusal, SecuredServer, USERS } from '../support/secured-server';

type Next = () => unknown;

const secret = Symbol('secret');

for (const driver of DRIVERS) {
  describe(`Methods without a plain name on ${driver.name}`, () => {
    beforeEach(reset);

    it('keep their guards, their own and inherited ones', async () => {
      class Base {
        @Authorized('editor') @Get('/empty') ['']() {
          return {};
        }
        @Authorized('staff') @Get('/symbol') [secret]() {
          return {};
        }
        @Authorized() @Get('/zero') 0() {
          return {};
        }
        @Get('/user') ['@'](@CurrentUser({ required: true }) user: User) {
          return { name: user.username };
        }
      }
      @JsonController('/sub')
      class Sub extends Base {}
      @JsonController('/base')
      class Own extends Base {
        @Authorized('both') @Get('/empty') override ['']() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Sub, Own] });
      expect(await app.admitted('/sub/empty')).to.deep.equal(['editor', 'both']);
      expect(await app.admitted('/base/empty')).to.deep.equal([]);
      for (const prefix of ['/sub', '/base']) {
        expect(await app.admitted(`${prefix}/symbol`)).to.deep.equal(['staff', 'both']);
        expect(await app.admitted(`${prefix}/zero`)).to.deep.equal(USERS);
        expect(await app.admitted(`${prefix}/user`)).to.deep.equal(USERS);
      }
    });

    it('are opened by @Public(), each for itself', async () => {
      const twin = Symbol('secret');
      @JsonController('/x')
      class Notes {
        @Public() @Get('/empty') ['']() {
          return {};
        }
        @Public() @Get('/symbol') [secret]() {
          return {};
        }
        @Get('/twin') [twin]() {
          return {};
        }
        @Get('/spelled') ['Symbol(secret)']() {
          return {};
        }
      }
      const security = { default: 'authenticated' } as const;
      await using app = await SecuredServer.start(driver, { controllers: [Notes], security });
      for (const path of ['/x/empty', '/x/symbol']) expect(await app.status(path), path).to.equal(200);
      for (const path of ['/x/twin', '/x/spelled']) expect(await app.status(path), path).to.equal(401);
    });

    it('keep what the host would lose beside the guard', async () => {
      const ran: string[] = [];
      const before = (_request: unknown, second: unknown, third?: Next) => {
        ran.push('before');
        return (third ?? (second as Next))();
      };
      @JsonController('/x')
      class Notes {
        @UseBefore(before)
        @UseInterceptor((_action: unknown, result: object) => ({ ...result, masked: true }))
        @Header('X-Tag', 'yes')
        @Get('/empty')
        ['']() {
          return {};
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      const { text, response } = await app.server.raw('/x/empty');
      expect(JSON.parse(text)).to.deep.equal({ masked: true });
      expect(response.headers['x-tag']).to.equal('yes');
      expect(ran).to.deep.equal(['before']);
    });

    it('are named in what start-up refuses', () => {
      @JsonController('/x')
      class Notes {
        @Public() @Authorized() @Get('/') [secret]() {
          return {};
        }
      }
      expect(refusal(driver, { controllers: [Notes] })).to.match(/^Notes\[Symbol\(secret\)\] has both/);
    });
  });
}

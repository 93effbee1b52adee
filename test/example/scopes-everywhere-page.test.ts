/** The rule of docs/machine-clients.md refuses logins with scopes on routes that ask for no scope. */
import { expect } from 'chai';
import { Authorized, Get, JsonController, type RoutingControllersOptions } from 'routing-controllers';
import {
  allOf,
  anyOf,
  ApiKeyProvider,
  ApiKeys,
  Authentication,
  AuthProvider,
  MemoryState,
  MemoryUserstore,
  Public,
  scope,
  Userstore,
} from '../../src';
import { PATIENCE_MS } from '../support/deadlines';
import { basic, DRIVERS, TestServer } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';
import { blocksOf, runBlock } from '../support/page-app';
import { MemoryLogger, reset } from '../support/reset';

const PASSWORD = 'the password of ann';
const USER = { username: 'ann', id: '1', roles: ['admin'] };
const PATHS = ['/open', '/one', '/every', '/either', '/one-way', '/admin', '/plain'];

describe('The rule for the whole app of docs/machine-clients.md', () => {
  let options: (early: boolean) => RoutingControllersOptions;
  let keys: ApiKeys;

  beforeEach(async () => {
    reset();
    const password = await cheapPasswords.hash(PASSWORD);
    keys = new ApiKeys({ state: new MemoryState(), prefix: 'notes' });
    @Userstore()
    class Users extends MemoryUserstore {
      constructor() {
        super({ users: [{ ...USER, password }] });
      }
    }
    @AuthProvider(1)
    class Password extends CheapPasswordProvider {}
    @AuthProvider(2)
    class Key extends ApiKeyProvider {
      constructor() {
        super(keys);
      }
    }
    @JsonController()
    class NotesController {
      @Public() @Get('/open') open() {
        return {};
      }
      @Authorized(scope('notes:read')) @Get('/one') one() {
        return {};
      }
      @Authorized(allOf('admin', scope('notes:read'))) @Get('/every') every() {
        return {};
      }
      @Authorized(anyOf(scope('notes:read'), scope('notes:write'))) @Get('/either') either() {
        return {};
      }
      @Authorized(anyOf('admin', scope('notes:read'))) @Get('/one-way') oneWay() {
        return {};
      }
      @Authorized('admin') @Get('/admin') admin() {
        return {};
      }
      @Authorized() @Get('/plain') plain() {
        return {};
      }
    }
    options = (early) => {
      const printed = blocksOf('machine-clients.md', 'ts').find((block) => block.includes('asksForScope'));
      const settings = `logger, early: ${String(early)}, deadlineMs: ${String(PATIENCE_MS)},`;
      const source = (printed ?? '')
        .replace('createKoaServer(', 'export const options = (')
        .replace('createSecurity({', `createSecurity({ userstores, providers, ${settings}`);
      const given = {
        logger: new MemoryLogger(),
        userstores: [Users],
        providers: [Password, Key],
        NotesController,
      };
      return (runBlock(source, given) as { options: RoutingControllersOptions }).options;
    };
  });

  async function statuses(server: TestServer, headers: Record<string, string>): Promise<object> {
    const replies = PATHS.map(
      async (path) => [path, (await server.fetch(path, { headers })).status] as const,
    );
    return Object.fromEntries(await Promise.all(replies));
  }

  for (const driver of DRIVERS) {
    for (const early of [false, true]) {
      it(`holds on ${driver.name}${early ? ', before a body is read' : ''}`, async () => {
        await using server = await TestServer.start(driver.build(options(early)));
        const { key } = await keys.create(new Authentication(USER), {
          name: 'reader',
          scopes: ['notes:read'],
        });
        const all = Object.fromEntries(PATHS.map((path) => [path, 200]));
        expect(await statuses(server, basic('ann', PASSWORD))).to.deep.equal(all);
        expect(await statuses(server, { 'x-api-key': key })).to.deep.equal({
          ...all,
          '/one-way': 403,
          '/admin': 403,
          '/plain': 403,
        });
      });
    }
  }
});

/** In parallel, nobody is ever somebody else. */
import http from 'node:http';
import { expect } from 'chai';
import { type Action, Authorized, CurrentUser, Get, JsonController } from 'routing-controllers';
import {
  type Authentication,
  type Constructor,
  CurrentAuthentication,
  type Group,
  type RoleChecker,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, startApi } from '../support/scripted';
import { NameProvider } from '../support/secured-server';

/** Some turns of the event loop, not the same number twice. */
async function someTurns(): Promise<void> {
  for (let left = Math.floor(Math.random() * 6); left > 0; left -= 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Who the action was told that the request is, by each way of asking. */
function whoController(policy: Constructor<RoleChecker>): Constructor<object> {
  @JsonController()
  class Who {
    @Authorized(policy) @Get('/who') async who(
      @CurrentUser() before: User,
      @CurrentAuthentication() login: Authentication,
      @CurrentUser() after: User,
    ) {
      await someTurns();
      return [before, login.user, after].map(({ username }) => username);
    }
    @Authorized('staff') @Get('/staff') async staff(@CurrentUser() user: User) {
      await someTurns();
      return [user.username];
    }
  }
  return Who;
}

for (const driver of DRIVERS) {
  describe(`Identities in parallel on ${driver.name}`, () => {
    beforeEach(reset);

    it('a thousand parallel requests of fifty users each get their own user, everywhere', async () => {
      // Fewer sockets than requests: what a socket has carried must not stick to it either.
      const [USERS, SOCKETS] = [50, 300];
      const decided = new Map<string, string>();
      let arrived = 0;
      let open = () => {};
      const gate = new Promise<void>((resolve) => (open = resolve));
      class SlowStore implements UserstoreInterface {
        async getUser(username: string): Promise<User | null> {
          await someTurns();
          return /^user-\d+$/.test(username) ? { username, groups: [`of-${username}`] } : null;
        }
        async getGroup(name: string): Promise<Group> {
          await someTurns();
          // The odd users are staff.
          return { name, roles: /[13579]$/.test(name) ? ['staff'] : [] };
        }
      }
      class SlowProvider extends NameProvider {
        override async authenticate(request: SecurityRequest, userstore: UserstoreInterface) {
          await gate;
          await someTurns();
          const user = await super.authenticate(request, userstore);
          await someTurns();
          return user;
        }
      }
      class OwnerOnly implements RoleChecker {
        async check(action: Action, user: User, request: SecurityRequest): Promise<boolean> {
          await someTurns();
          decided.set(request.header('x-request-id')!, user.username);
          const { headers } = action.request as http.IncomingMessage;
          return headers['x-user'] === user.username && request.header('x-owner') === user.username;
        }
      }
      const controllers = [whoController(OwnerOnly)];
      const security = { providers: [SlowProvider], userstores: [SlowStore], deadlineMs: 60_000 };
      await using api = await startApi(driver, { security, host: { controllers } });

      // The first ones wait for each other, so that all of them are under way at once.
      api.server.server.on('request', () => {
        if ((arrived += 1) === SOCKETS) open();
      });
      const agent = new http.Agent({ keepAlive: true, maxSockets: SOCKETS });
      const send = async (index: number): Promise<void> => {
        const number = (index * 7) % USERS;
        const [name, id] = [`user-${String(number)}`, String(index)];
        // A tenth asks for what is another's, a tenth is anonymous, a tenth is let in by role.
        const kind = ['foreign', 'anonymous', 'role'][Math.floor(index / USERS) % 10] ?? 'own';
        const headers = {
          ...(kind === 'anonymous' ? {} : { 'x-user': name }),
          'x-owner': kind === 'foreign' ? `user-${String((number + 1) % USERS)}` : name,
          'x-request-id': id,
        };
        const path = kind === 'role' ? '/staff' : '/who';
        const { status, text } = await api.server.raw(path, { agent, headers });
        const right = {
          own: [200, [name, name, name]],
          foreign: [403, BODIES.denied],
          anonymous: [401, BODIES.missing],
          role: number % 2 === 1 ? [200, [name]] : [403, BODIES.denied],
        }[kind];
        expect([status, JSON.parse(text)], `request ${id} (${kind}) of ${name}`).to.deep.equal(right);
        const isDecided = kind === 'own' || kind === 'foreign';
        expect(decided.get(id), `request ${id} (${kind})`).to.equal(isDecided ? name : undefined);
      };
      try {
        await Promise.all(Array.from({ length: 1000 }, (_, index) => send(index)));
      } finally {
        agent.destroy();
      }
      expect(arrived).to.equal(1000);
    });
  });
}

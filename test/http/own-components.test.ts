import { expect } from 'chai';
import {
  Authentication,
  bearerToken,
  PROBLEM_SOURCE,
  ProblemBoard,
  type ProblemListener,
  reportProblem,
  type SecurityRequest,
  type User,
  type UserstoreInterface,
  userstoreOf,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { startApi } from '../support/scripted';

const board = new ProblemBoard();

class Directory {
  readonly name: string = 'directory';
  getUser(name: string): User | null {
    return name === 'ann' ? { username: name } : null;
  }
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return board.listen(listener);
  }
}

class Table {
  readonly name = 'table';
  getUser(name: string): User | null {
    return name === 'bob' ? { username: name } : null;
  }
}

/** Takes `directory:ann` as a bearer token; the user must be in the store that it names. */
class Keys {
  readonly name = 'keys';
  async authenticate(
    request: SecurityRequest,
    userstore: UserstoreInterface,
  ): Promise<Authentication | null> {
    const [store, username = ''] = bearerToken(request)?.split('~') ?? [];
    if (store === undefined) return null;
    const user = await userstore.getUser(username);
    if (user === null || user === undefined) return null;
    const origin = userstoreOf(userstore, user);
    if (origin?.name === store) return new Authentication(user, { methods: ['key'] });
    reportProblem(request, {
      component: this.name,
      problem: `a key names ${store}, the user is in ${String(origin?.name)}`,
      user: username,
    });
    return null;
  }
}

for (const driver of DRIVERS) {
  describe(`A provider and a store of the app's own on ${driver.name}`, () => {
    beforeEach(reset);

    const start = () => startApi(driver, { security: { providers: [Keys], userstores: [Directory, Table] } });
    const key = (text: string) => ({ authorization: `Bearer ${text}` });

    it('read Bearer, know which store has a user, and report a problem', async () => {
      await using api = await start();
      expect((await api.get('/guarded', key('directory~ann'))).status).to.equal(200);
      expect((await api.get('/guarded', key('table~bob'))).status).to.equal(200);
      expect(api.events.filter(({ type }) => type === 'misconfigured')).to.deep.equal([]);
      expect((await api.get('/guarded', key('directory~bob'))).status).to.equal(401);
      expect(api.events.filter(({ type }) => type === 'misconfigured')).to.deep.equal([
        {
          type: 'misconfigured',
          component: 'keys',
          problem: 'a key names directory, the user is in table',
          user: 'table:bob',
        },
      ]);
      expect((await api.get('/guarded', key('a b'))).status).to.equal(400);
      expect((await api.get('/guarded')).status).to.equal(401);
    });

    it('report problems outside of requests, and none after the instance was closed', async () => {
      const problem = { type: 'degraded' as const, component: 'directory', problem: 'a replica is down' };
      const api = await start();
      try {
        await api.get('/guarded', key('directory~ann'));
        board.report(problem);
        expect(api.events.filter(({ type }) => type === 'degraded')).to.deep.equal([problem]);
      } finally {
        await api[Symbol.asyncDispose]();
      }
      const heard = api.events.length;
      await api.security.close();
      board.report(problem);
      expect(api.events).to.have.length(heard);
    });
  });
}

import { expect } from 'chai';
import { Authorized, Get, JsonController, Post } from 'routing-controllers';
import {
  Authentication,
  CurrentAuthentication,
  type SecurityOptions,
  ServiceUnavailableError,
  TokenInvalidError,
  TokenProvider,
  TokenService,
  type User,
  type VerifiedToken,
} from '../../src';
import { DEADLINE_MS, hang, holdDeadlines, tooLate } from '../support/deadlines';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, CrashWatch, startApi, store } from '../support/scripted';

const START = 1_900_000_000_000;

for (const driver of DRIVERS) {
  describe(`A token that comes again on ${driver.name}`, () => {
    holdDeadlines();
    let now: number;
    let ann: User | null;
    beforeEach(() => {
      reset();
      now = START;
      ann = { username: 'ann', roles: ['editor'] };
    });

    const serviceOf = (secret: string, audience = 'notes-api'): TokenService =>
      new TokenService({
        secret: secret.padEnd(32, '.'),
        issuer: 'notes',
        audience,
        ttlSeconds: 600,
        clockToleranceSeconds: 0,
        clock: () => now,
      });
    const tokenOf = (service: TokenService): string =>
      service.issue(new Authentication({ ...ann! }, { authenticatedAt: new Date(now) })).token;
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

    const open = (
      verify: (token: string) => VerifiedToken | Promise<VerifiedToken>,
      options: SecurityOptions = {},
    ): Promise<Api> => {
      class Token extends TokenProvider {
        constructor() {
          super({ verify });
        }
      }
      @Authorized()
      @JsonController()
      class Main {
        @Get('/claims') claims(@CurrentAuthentication() { claims, user }: Authentication) {
          return { sub: claims['sub'], user: user.username };
        }
        @Post('/claims') change(@CurrentAuthentication() { claims }: Authentication) {
          return { isChanged: Reflect.set(claims, 'sub', 'admin') };
        }
        @Authorized('editor') @Get('/edit') edit() {
          return {};
        }
      }
      return startApi(driver, {
        host: { controllers: [Main] },
        security: {
          clock: () => now,
          deadlineMs: DEADLINE_MS,
          providers: [Token],
          userstores: [store(() => ann && { ...ann })],
          ...options,
        },
      });
    };

    it('is refused at once when the user is disabled, gone, changed or has another tokensValidFrom', async () => {
      const service = serviceOf('a');
      await using api = await open((token) => service.verify(token));
      const user = ann!;
      const token = tokenOf(service);
      const statusAs = async (present: User | null, path = '/edit'): Promise<number> => {
        ann = present;
        return (await api.get(path, bearer(token))).status;
      };
      for (let round = 0; round < 2; round += 1) {
        expect(await statusAs(user)).to.equal(200);
        expect(await statusAs({ ...user, active: false })).to.equal(401);
        expect(await statusAs(user)).to.equal(200);
        expect(await statusAs(null)).to.equal(401);
        expect(await statusAs({ ...user, tokensValidFrom: new Date(now) })).to.equal(401);
        expect(await statusAs({ ...user, tokensValidFrom: new Date(0) })).to.equal(401);
        expect(await statusAs({ ...user, tokensValidFrom: null })).to.equal(200);
        expect(await statusAs({ ...user, roles: [] })).to.equal(403);
        expect(await statusAs({ ...user, roles: [] }, '/claims')).to.equal(200);
      }
    });

    it('is refused when it has expired or is not valid yet, whichever way the clock goes', async () => {
      const service = serviceOf('a');
      await using api = await open((token) => service.verify(token));
      const token = tokenOf(service);
      for (const [seconds, status] of [
        [0, 200],
        [599, 200],
        [600, 401],
        [599, 200],
        [-1, 401],
        [0, 200],
        [86_400, 401],
      ] as const) {
        now = START + 1000 * seconds;
        expect((await api.get('/claims', bearer(token))).status, String(seconds)).to.equal(status);
      }
    });

    it('is refused at once when its key has gone, while tokens of the other keys go on', async () => {
      const [old, present, next] = [serviceOf('old'), serviceOf('present'), serviceOf('next')];
      let keys = [old, present];
      await using api = await open((token) => {
        for (const service of keys) {
          try {
            return service.verify(token);
          } catch {
            // Another key may have signed it.
          }
        }
        throw new TokenInvalidError();
      });
      const status = async (service: TokenService): Promise<number> =>
        (await api.get('/claims', bearer(tokens.get(service) ?? ''))).status;
      const tokens = new Map([old, present, next].map((service) => [service, tokenOf(service)]));
      const statuses = async (): Promise<number[]> => [
        await status(old),
        await status(present),
        await status(next),
      ];
      expect(await statuses()).to.deep.equal([200, 200, 401]);
      keys = [present, next];
      expect(await statuses()).to.deep.equal([401, 200, 200]);
      keys = [next];
      expect(await statuses()).to.deep.equal([401, 401, 200]);
      keys = [];
      expect(await statuses()).to.deep.equal([401, 401, 401]);
    });

    it('is good for the app that it was issued for alone, in a process with several', async () => {
      const services = [serviceOf('a'), serviceOf('b'), serviceOf('a', 'mail-api')];
      const texts = services.map(tokenOf);
      const apis: Api[] = [];
      for (const service of services) apis.push(await open((token) => service.verify(token)));
      try {
        for (let round = 0; round < 2; round += 1) {
          for (const [index, api] of apis.entries()) {
            const got = await Promise.all(texts.map(async (token) => api.get('/claims', bearer(token))));
            const expected = texts.map((_, other) => (other === index ? 200 : 401));
            expect(got.map(({ status }) => status)).to.deep.equal(expected);
          }
        }
      } finally {
        for (const api of apis) await api[Symbol.asyncDispose]();
      }
    });

    it('says the same after an action tried to change its claims', async () => {
      const service = serviceOf('a');
      await using api = await open((token) => service.verify(token));
      const token = tokenOf(service);
      expect((await api.post('/claims', bearer(token))).json()).to.deep.equal({ isChanged: false });
      expect((await api.get('/claims', bearer(token))).json()).to.deep.equal({ sub: 'ann', user: 'ann' });
    });

    it('is what a verifier that answers later says it is', async () => {
      using watch = new CrashWatch();
      const service = serviceOf('a');
      const token = tokenOf(service);
      let answer: () => unknown = () => undefined;
      await using api = await open(() => answer() as VerifiedToken);
      const verified = service.verify(token);
      const throws = (): never => {
        throw new Error(`canary ${token}`);
      };
      for (const [status, given] of [
        [200, () => Promise.resolve(verified)],
        [401, () => Promise.reject(new TokenInvalidError())],
        [503, () => Promise.reject(new ServiceUnavailableError())],
        [500, () => Promise.reject(new Error('canary'))],
        [500, () => ({ then: throws })],
        [500, () => Object.defineProperty({}, 'then', { get: throws })],
        [500, () => Promise.resolve(undefined)],
        [500, () => Promise.resolve({ ...verified, scopes: 'read' })],
        [503, hang],
        [503, () => tooLate({ then: () => undefined })],
        // Dressed up as what it promises, it is still not there.
        [503, () => Object.assign(hang(), verified)],
        [200, () => verified],
      ] as const) {
        answer = given;
        const reply = await api.get('/claims', bearer(token));
        expect(reply.status, String(given)).to.equal(status);
        expect(reply.text).not.to.include('canary');
      }
      expect(api.logger.lines.join('\n')).not.to.include(token);
      expect(await watch.settled()).to.deep.equal([]);
    });

    it('grants nothing by an answer that comes after the deadline', async () => {
      using watch = new CrashWatch();
      const service = serviceOf('a');
      const token = tokenOf(service);
      const answers: (() => void)[] = [];
      await using api = await open((text) =>
        tooLate(
          new Promise((resolve, reject) => {
            answers.push(() => {
              if (answers.length === 1) resolve(service.verify(text));
              else reject(new Error('late'));
            });
          }),
        ),
      );
      for (let round = 0; round < 2; round += 1) {
        expect((await api.get('/claims', bearer(token))).status).to.equal(503);
        answers.at(-1)?.();
      }
      expect(await watch.settled()).to.deep.equal([]);
    });
  });
}

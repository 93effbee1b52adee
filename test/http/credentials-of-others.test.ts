import { expect } from 'chai';
import {
  Authentication,
  type AuthProviderInterface,
  AccountStatusError,
  BadCredentialsError,
  bearerToken,
  type Challenge,
  type Constructor,
  MalformedCredentialsError,
  type SecurityRequest,
  StepUpRequiredError,
  InvalidRequestError,
  ServiceUnavailableError,
  type User,
} from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { BODIES, startApi } from '../support/scripted';

/** A provider that lists the schemes that it reads. */
function reading(
  name: string,
  schemes: readonly string[] | undefined,
  script: (token: string | undefined, request: SecurityRequest) => unknown,
): Constructor<AuthProviderInterface> {
  return class implements AuthProviderInterface {
    readonly name = name;
    readonly schemes = schemes!;
    authenticate(request: SecurityRequest): Authentication {
      return script(bearerToken(request), request) as Authentication;
    }
    challenge(): Challenge {
      return { scheme: 'Bearer' };
    }
  };
}

const throwing = (error: unknown) => () => {
  throw error;
};
const nothing = (): null => null;
const ann = (): Authentication => new Authentication({ username: 'ann' });
const BEARER = { authorization: 'Bearer x' };
const INVALID_TOKEN = ['Bearer realm="api", error="invalid_token"'];

for (const driver of DRIVERS) {
  describe(`Credentials of others on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (providers: readonly Constructor<AuthProviderInterface>[], more = {}) =>
      startApi(driver, { security: { providers, ...more } });

    it('are no good where nobody takes them, on open actions too', async () => {
      await using api = await start([reading('one', ['bearer'], nothing)]);
      for (const path of ['/guarded', '/open', '/required']) {
        const reply = await api.get(path, BEARER);
        expect([reply.status, reply.json(), reply.challenges]).to.deep.equal([
          401,
          BODIES.bad,
          INVALID_TOKEN,
        ]);
      }
      expect(api.events[0]).to.deep.include({ outcomes: [{ provider: 'one', verdict: 'not_mine' }] });
    });

    it('are missing where no provider lists their scheme', async () => {
      await using api = await start([reading('one', ['basic'], nothing), reading('two', undefined, nothing)]);
      expect((await api.get('/guarded', BEARER)).json()).to.deep.equal(BODIES.missing);
      expect((await api.get('/open', BEARER)).status).to.equal(200);
      expect((await api.get('/guarded')).json()).to.deep.equal(BODIES.missing);
    });

    it('are taken by a later provider, where wrong ones end the chain too', async () => {
      for (const onBadCredentials of ['next', 'stop'] as const) {
        const providers = [reading('one', ['bearer'], nothing), reading('two', ['bearer'], ann)];
        await using api = await start(providers, { onBadCredentials });
        expect((await api.get('/guarded', BEARER)).status).to.equal(200);
      }
    });

    it('are less severe than anything that a provider says of its own', async () => {
      const verdicts: [unknown, number, object][] = [
        [new MalformedCredentialsError(), 400, { code: 'invalid_request' }],
        [new AccountStatusError(), 401, { code: 'invalid_credentials' }],
        [new StepUpRequiredError({ maxAgeSeconds: 5 }), 401, { code: 'insufficient_user_authentication' }],
        [new BadCredentialsError(), 401, { code: 'invalid_credentials' }],
      ];
      for (const [error, status, body] of verdicts) {
        const providers = [reading('one', ['bearer'], nothing), reading('two', ['bearer'], throwing(error))];
        for (const order of [providers, providers.toReversed()]) {
          await using api = await start(order);
          const reply = await api.get('/guarded', BEARER);
          expect(reply.status).to.equal(status);
          expect(reply.json()).to.include(body);
        }
      }
    });

    it('are not shown to later readers of the same header where they are certainly its own and wrong', async () => {
      let asked = 0;
      const counting = () => ((asked += 1), ann());
      const key = reading('key', ['bearer'], throwing(new BadCredentialsError({ final: true })));
      class OfHeader {
        readonly credential = 'x-key';
        authenticate(request: SecurityRequest) {
          return request.header('x-key') === undefined ? null : ann();
        }
      }
      await using api = await start([key, reading('two', ['bearer'], counting), OfHeader]);
      expect((await api.get('/guarded', BEARER)).json()).to.deep.equal(BODIES.bad);
      expect(asked).to.equal(0);
      expect(api.events[0]).to.deep.include({
        outcomes: [
          { provider: 'key', verdict: 'bad_credentials' },
          { provider: 'two', verdict: 'not_asked' },
          { provider: 'OfHeader', verdict: 'no_credentials' },
        ],
      });
      expect((await api.get('/guarded', { ...BEARER, 'x-key': 'k' })).status).to.equal(200);
      const again = reading('key', ['bearer'], throwing(new BadCredentialsError()));
      await using usual = await start([again, reading('two', ['bearer'], counting)]);
      expect((await usual.get('/guarded', BEARER)).status).to.equal(200);
    });

    it('ask for a new login where one was proved and is too old: more severe than inactive, and an end under stop', async () => {
      const old = reading('one', ['bearer'], throwing(new StepUpRequiredError({ maxAgeSeconds: 7 })));
      const inactive = reading('two', ['bearer'], throwing(new AccountStatusError()));
      await using api = await start([inactive, old]);
      const reply = await api.get('/guarded', BEARER);
      expect(reply.status).to.equal(401);
      expect(reply.challenges).to.deep.equal([
        'Bearer realm="api", error="insufficient_user_authentication", max_age="7"',
      ]);
      await using stopping = await start([old, reading('two', ['bearer'], ann)], {
        onBadCredentials: 'stop',
      });
      expect((await stopping.get('/guarded', BEARER)).status).to.equal(401);
      await using going = await start([old, reading('two', ['bearer'], ann)]);
      expect((await going.get('/guarded', BEARER)).status).to.equal(200);
    });

    it('carry what the error that answers says for the reply, and nothing of another', async () => {
      const proof = new BadCredentialsError({
        challenge: { error: 'use_dpop_nonce', scope: 'a\r\nb', realm: 'other' } as object,
        replyHeaders: { 'DPoP-Nonce': 'n1', 'WWW-Authenticate': 'X', 'Cache-Control': 'public', Bad: 'a\nb' },
      });
      const mild = new MalformedCredentialsError({ replyHeaders: { 'X-Other': 'x' } });
      await using api = await start([
        reading('one', ['bearer'], throwing(mild)),
        reading('two', ['bearer'], throwing(proof)),
      ]);
      const reply = await api.get('/guarded', BEARER);
      expect(reply.challenges).to.deep.equal(['Bearer realm="api", error="use_dpop_nonce"']);
      expect(reply.headers).to.include({ 'dpop-nonce': 'n1', 'cache-control': 'private, no-store' });
      expect(reply.headers).to.not.have.any.keys('x-other', 'bad');
    });

    for (const name of ['dpop', 'client-cert']) {
      it(`are judged and told by what their provider says, where ${name} came twice`, async () => {
        const answers: Record<string, () => User> = {
          grants: () => ({ username: 'ann' }),
          down: () => {
            throw new ServiceUnavailableError();
          },
          fails: () => {
            throw new Error('a fault');
          },
        };
        for (const [what, status] of [
          ['grants', 200],
          ['down', 503],
          ['fails', 500],
        ] as const) {
          class Reading implements AuthProviderInterface {
            readonly credential = name;
            authenticate(request: SecurityRequest): User {
              expect(() => request.header(name)).to.throw(InvalidRequestError);
              return answers[what]!();
            }
          }
          await using api = await startApi(driver, { security: { providers: [Reading], userstores: [] } });
          for (const method of ['GET', 'POST']) {
            const headers = { [name]: ['a', 'b'] as never };
            expect((await api.server.raw('/guarded', { method, headers })).status).to.equal(status);
          }
          expect(api.events.map(({ type }) => type)).to.include(what === 'grants' ? 'allowed' : 'failed');
        }
      });
    }

    it('are refused at start where schemes are no list of names in lower case', async () => {
      for (const schemes of [['Bearer'], 'bearer', [7], [''], [undefined], ['a b']]) {
        const odd = reading('odd', schemes as string[], nothing);
        let message = '';
        try {
          await (await start([odd]))[Symbol.asyncDispose]();
        } catch (error) {
          message = (error as Error).message;
        }
        expect(message).to.include('schemes');
      }
    });
  });
}

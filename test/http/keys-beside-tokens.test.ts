import { expect } from 'chai';
import {
  ApiKeys,
  Authentication,
  type Constructor,
  createSecurity,
  TokenProvider,
  TokenService,
} from '../../src';
import { AccessTokenProvider } from '../../src/oidc';
import { DRIVERS } from '../support/drivers';
import { TokenIssuer } from '../support/issued-tokens';
import { keyProviderOf, login, usersOf, WatchedState } from '../support/key-fixtures';
import { MemoryLogger, reset } from '../support/reset';
import { ScriptedIssuer } from '../support/scripted-issuer';
import { BODIES, startApi } from '../support/scripted';

const ISSUER = 'https://id.example/realms/app';
const NAMES = ['Key', 'Token', 'Company'] as const;
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

for (const driver of DRIVERS) {
  describe(`API keys beside tokens on ${driver.name}`, () => {
    let issuer: TokenIssuer;
    let asked: ScriptedIssuer;
    let state: WatchedState;
    let keys: ApiKeys;
    const tokens = new TokenService({ secret: 'x'.repeat(32), issuer: 'notes', audience: 'notes' });

    before(async () => {
      issuer = await TokenIssuer.create(ISSUER);
    });
    beforeEach(async () => {
      reset();
      asked = await ScriptedIssuer.start();
      asked.on('/introspect', { active: false });
      state = new WatchedState(Date.now);
      keys = new ApiKeys({ state, prefix: 'notes' });
    });
    afterEach(() => asked.close());

    const providersOf = (prefix: string | undefined): readonly Constructor<never>[] => {
      class Token extends TokenProvider {
        constructor() {
          super(tokens);
        }
      }
      class Company extends AccessTokenProvider {
        constructor() {
          super({
            issuer: ISSUER,
            audience: 'notes-api',
            keys: { jwks: issuer.jwks },
            introspection: {
              clientId: 'api',
              clientSecret: 's',
              endpoint: `${asked.origin}/introspect`,
              ...(prefix !== undefined && { prefix }),
            },
          });
        }
      }
      return [keyProviderOf(keys), Token, Company] as never;
    };

    for (const onBadCredentials of ['next', 'stop'] as const) {
      for (const order of ORDERS) {
        it(`have one verdict in the order ${order.map((at) => NAMES[at]).join(', ')}, with '${onBadCredentials}'`, async () => {
          // Where the issuer takes any text it must be asked last, which the start makes sure of.
          const isLast = order[2] === 2;
          const all = providersOf(isLast ? undefined : 'op_');
          const records = [{ username: 'ann' }, { username: 'out', active: false }];
          await using api = await startApi(driver, {
            security: {
              userstores: [usersOf(...records)],
              providers: order.map((at) => all[at]!),
              onBadCredentials,
            },
          });
          const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
          const { key } = await keys.create(login(), { name: 'x' });
          const { key: gone, info } = await keys.create(login(), { name: 'x' });
          await keys.revoke(login(), info.id);
          const { key: inactive } = await keys.create(login({ username: 'out' }), { name: 'x' });
          const { key: unknown } = await keys.create(login({ username: 'zoe' }), { name: 'x' });

          for (const headers of [bearer(key), { 'x-api-key': key }]) {
            expect((await api.get('/guarded', headers)).json()).to.deep.equal({ user: 'ann' });
          }
          const token = tokens.issue(new Authentication({ username: 'ann' })).token;
          expect((await api.get('/guarded', bearer(token))).status).to.equal(200);

          for (const wrong of [gone, inactive, unknown, `${key}x`, key.slice(0, -1), 'notes_', 'notes_x']) {
            for (const headers of [bearer(wrong), { 'x-api-key': wrong }]) {
              const reply = await api.get('/guarded', headers);
              expect([reply.status, reply.json()], wrong).to.deep.equal([401, BODIES.bad]);
              const event = api.events.at(-1);
              const outcomes = event?.type === 'failed' ? event.outcomes : [];
              const verdicts = outcomes.map(({ verdict }) => verdict);
              const own = wrong === inactive ? 'inactive' : 'bad_credentials';
              expect(verdicts.filter((verdict) => verdict === own)).to.have.length(1);
              expect(outcomes.find(({ verdict }) => verdict === own)?.provider).to.equal('Key');
              for (const verdict of verdicts) {
                expect(verdict).to.be.oneOf([own, 'not_mine', 'not_asked', 'no_credentials']);
              }
            }
          }
          // A key in both places is nobody's.
          expect((await api.get('/guarded', { ...bearer(key), 'x-api-key': key })).status).to.equal(400);
          expect(asked.asked).to.deep.equal([]);
          expect(JSON.stringify(api.events) + api.logger.lines.join()).not.to.include(key.slice(23, 66));
        });
      }
    }

    const refusalOf = (providers: readonly unknown[]): string => {
      const { secure } = {
        secure: createSecurity({
          logger: new MemoryLogger(),
          userstores: [usersOf({ username: 'ann' })],
          providers: providers as never,
        }),
      };
      try {
        driver.build(secure.secure({ controllers: [] }));
        return '';
      } catch (error) {
        expect((error as { code: string }).code).to.equal('invalid_configuration');
        return (error as Error).message;
      }
    };
    let count = 0;
    const named = (of: ApiKeys, options = {}) => keyProviderOf(of, options, `Key${String((count += 1))}`);
    const keysOf = (prefix: string) => named(new ApiKeys({ state, prefix }));

    it('do not start where one prefix begins another', () => {
      for (const [one, other] of [
        ['notes', 'notes'],
        ['notes', 'notes2'],
        ['ab', 'abc'],
      ] as const) {
        expect(refusalOf([keysOf(one), keysOf(other)])).to.include('prefix');
        expect(refusalOf([keysOf(other), keysOf(one)])).to.include('prefix');
      }
      expect(refusalOf([keysOf('notes'), keysOf('admin')])).to.equal('');
      // Two providers of the same keys do not quarrel.
      expect(refusalOf([named(keys), named(keys, { header: 'x-key' })])).to.equal('');
      for (const prefix of ['notes_', 'no', 'notes_x', 'notes']) {
        const [Key, , Company] = providersOf(prefix);
        expect(refusalOf([Key, Company]), prefix).to.include('prefix');
        expect(refusalOf([Company, Key]), prefix).to.include('prefix');
      }
      const [Key, , Company] = providersOf('op_');
      expect(refusalOf([Company, Key])).to.equal('');
    });

    it('of two kinds work beside each other in one header', async () => {
      const admin = new ApiKeys({ state, prefix: 'admin' });
      await using api = await startApi(driver, {
        security: {
          userstores: [usersOf({ username: 'ann' })],
          providers: [named(keys), named(admin)],
        },
      });
      for (const [of, other] of [
        [keys, 'admin'],
        [admin, 'notes'],
      ] as const) {
        const { key } = await of.create(login(), { name: 'x' });
        for (const headers of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
          expect((await api.get('/guarded', headers)).status).to.equal(200);
        }
        const forged = other + key.slice(key.indexOf('_'));
        expect((await api.get('/guarded', { 'x-api-key': forged })).status).to.equal(401);
      }
    });
  });
}

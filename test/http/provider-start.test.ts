import { expect } from 'chai';
import { Container } from 'typedi';
import {
  type AppFacts,
  Authentication,
  AuthProvider,
  type AuthProviderInterface,
  type Constructor,
  ConfigurationError,
  createSecurity,
  type ProviderDescription,
  securest,
  TokenProvider,
  TokenService,
} from '../../src';
import { describeAuthorization } from '../../src/testing';
import { inspectOptions } from '../../src/security/inspection';
import { StubbedServer } from '../../src/security/stubbed-server';
import { DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { startApi, store } from '../support/scripted';
import { Authorized, Get, JsonController } from 'routing-controllers';

/** A provider of users of its own, which describes itself. */
function claims(description: ProviderDescription, started: AppFacts[] = [], fault?: Error) {
  return class Claims implements AuthProviderInterface {
    readonly schemes = ['bearer'];
    readonly needsUserstore = false;
    authenticate(): Authentication | null {
      return new Authentication({ username: 'ann' });
    }
    describe(): ProviderDescription {
      return description;
    }
    onStart(app: AppFacts): void {
      started.push(app);
      if (fault !== undefined) throw fault;
    }
  };
}

function guarded(): Constructor<object> {
  @JsonController()
  class Notes {
    @Authorized() @Get('/guarded') list() {
      return 'ok';
    }
  }
  return Notes;
}

const RESOURCE = {
  url: 'https://api.example/mcp',
  scopes: ['notes:read'],
  documentation: 'https://docs.example/',
};

for (const driver of DRIVERS) {
  describe(`The start of a provider on ${driver.name}`, () => {
    beforeEach(reset);

    it('is told once, with the app that it is in', async () => {
      const started: AppFacts[] = [];
      const Claims = claims({}, started);
      await using api = await startApi(driver, {
        security: { providers: [Claims], userstores: [store(() => null)], clock: () => 7 },
      });
      for (let call = 0; call < 3; call += 1) expect((await api.get('/guarded')).status).to.equal(200);
      expect(started).to.have.length(1);
      const [app] = started;
      expect(app?.providers.map((provider) => provider instanceof Claims)).to.deep.equal([true]);
      expect(app?.userstores).to.have.length(1);
      expect(app?.clock()).to.equal(7);
      app?.report({ component: 'Claims', problem: 'a key cannot be used' });
      expect(api.events.at(-1)).to.deep.include({ type: 'misconfigured', component: 'Claims' });
    });

    it('refuses the app where the provider does not fit', async () => {
      const Claims = claims({}, [], new ConfigurationError('two of one issuer'));
      let message = '';
      try {
        await (await startApi(driver, { security: { providers: [Claims] } }))[Symbol.asyncDispose]();
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).to.equal('two of one issuer');
    });

    it('is told to an instance that takes the place of another, which never grants where it does not fit', async () => {
      const Claims = claims({});
      await using api = await startApi(driver, { security: { providers: [Claims] } });
      const started: AppFacts[] = [];
      Container.set(Claims, new (claims({}, started))());
      await api.get('/guarded');
      await api.get('/guarded');
      expect(started).to.have.length(1);
      Container.set(Claims, new (claims({}, [], new ConfigurationError('no')))());
      expect((await api.get('/guarded')).status).to.equal(500);
      expect((await api.get('/guarded')).status).to.equal(500);
    });

    it('is told once more where a later server brings a provider that was not there', async () => {
      const started: AppFacts[] = [];
      AuthProvider(1)(claims({}, started));
      const security = createSecurity({ logger: new MemoryLogger() });
      const listen = () => driver.build(security.secure({ controllers: [guarded()] }));
      listen();
      listen();
      expect(started).to.have.length(1);
      class Later extends claims({}) {
        readonly name = 'later';
      }
      AuthProvider(2)(Later);
      listen();
      expect(started.map(({ providers }) => providers.length)).to.deep.equal([1, 2]);
    });

    it('is not told for a report or a stubbed server', async () => {
      const started: AppFacts[] = [];
      const options = securest({
        controllers: [guarded()],
        security: { providers: [claims({}, started)], logger: new MemoryLogger() },
      });
      const inspected = inspectOptions(options);
      const stubbed = await StubbedServer.listen(inspected.stubbed(driver.isExpress ? 'express' : 'koa'));
      await stubbed.request('GET', '/guarded', {});
      await stubbed.close();
      expect(started).to.deep.equal([]);
      expect(describeAuthorization).to.be.a('function');
    });

    it('is told at the first request outside of a server', async () => {
      const started: AppFacts[] = [];
      const security = createSecurity({ providers: [claims({}, started)], logger: new MemoryLogger() });
      expect(started).to.deep.equal([]);
      const request = { headers: {}, rawHeaders: [], method: 'GET', url: '/', socket: {} } as never;
      await security.authenticate(request);
      await security.authenticate(request);
      expect(started).to.have.length(1);
    });

    it('needs no userstore for users of its own, whom events name by it beside a store', async () => {
      await using alone = await startApi(driver, { security: { providers: [claims({})] } });
      expect((await alone.get('/guarded')).status).to.equal(200);
      expect(alone.events.at(-1)).to.include({ user: 'ann' });
      await using beside = await startApi(driver, {
        security: { providers: [claims({})], userstores: [store(() => ({ username: 'ann' }))] },
      });
      await beside.get('/guarded');
      expect(beside.events.at(-1)).to.include({ user: 'Claims:ann' });
    });
  });

  describe(`The metadata of a protected resource on ${driver.name}`, () => {
    beforeEach(reset);

    class Own extends TokenProvider {
      constructor() {
        super(new TokenService({ secret: 's'.repeat(32), issuer: 'https://own.example', audience: 'a' }));
      }
    }
    const PATH = '/.well-known/oauth-protected-resource/mcp';
    const bound = { issuer: 'https://one.example', dpop: { algorithms: ['ES256'], required: true } };

    it('names the issuers in order, without the app itself, at the root whatever is guarded (RFC 9728 section 3)', async () => {
      const other = { issuer: 'https://two.example/', mtls: true };
      class Two extends claims(other) {
        readonly name = 'two';
      }
      await using api = await startApi(driver, {
        security: {
          resource: RESOURCE,
          default: 'authenticated',
          providers: [claims(bound), Own, Two],
          userstores: [store(() => null)],
        },
        host: { routePrefix: '/v1' },
      });
      const reply = await api.get(PATH);
      expect(reply.status).to.equal(200);
      expect(reply.headers).to.include({
        'content-type': 'application/json',
        'access-control-allow-origin': '*',
        'cache-control': 'public, max-age=3600',
      });
      const expected = {
        resource: 'https://api.example/mcp',
        authorization_servers: ['https://one.example', 'https://two.example/'],
        scopes_supported: ['notes:read'],
        bearer_methods_supported: ['header'],
        resource_documentation: 'https://docs.example/',
        dpop_signing_alg_values_supported: ['ES256'],
        tls_client_certificate_bound_access_tokens: true,
      };
      expect(reply.json()).to.deep.equal(expected);
      expect(api.security.resourceMetadata()).to.deep.equal(expected);
      const head = await api.server.raw(PATH, { method: 'HEAD' });
      expect([head.status, head.response.headers['content-length']]).to.deep.equal([
        200,
        String(reply.text.length),
      ]);
      expect((await api.post(PATH)).status).to.equal(404);
      expect((await api.get(`/v1${PATH}`)).status).to.equal(404);
    });

    it('says that tokens must be bound where all issuers ask for it', async () => {
      const resource = { url: 'http://localhost:3000' };
      await using api = await startApi(driver, { security: { resource, providers: [claims(bound)] } });
      const reply = await api.get('/.well-known/oauth-protected-resource');
      expect(reply.json()).to.deep.include({
        resource: resource.url,
        dpop_bound_access_tokens_required: true,
      });
    });

    it('is told in challenges of tokens (RFC 9728 section 5.1)', async () => {
      await using api = await startApi(driver, {
        security: { resource: RESOURCE, providers: [Own], userstores: [store(() => null)] },
      });
      expect((await api.get('/guarded')).challenges).to.deep.equal([
        'Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource/mcp"',
      ]);
    });

    it('is not there without the option', async () => {
      await using api = await startApi(driver, { security: { providers: [claims(bound)] } });
      expect((await api.get('/.well-known/oauth-protected-resource')).status).to.equal(404);
      expect(api.security.resourceMetadata()).to.equal(undefined);
    });
  });
}

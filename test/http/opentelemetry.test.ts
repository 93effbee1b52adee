/** Metrics and spans by OpenTelemetry's SDK, over real requests. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { expect } from 'chai';
import { Authorized, Body, JsonController, Post } from 'routing-controllers';
import {
  BadCredentialsError,
  ConfigurationError,
  createSecurity,
  ServiceUnavailableError,
  ThrottledError,
} from '../../src';
import { instrument, type InstrumentOptions } from '../../src/opentelemetry';
import { type Driver, DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { fingerprint, provider, startApi, toReply } from '../support/scripted';
import { activeSpan, Telemetry } from '../support/telemetry';

const ERRORS: Readonly<Record<string, Error>> = {
  bad: new BadCredentialsError(),
  throttled: new ThrottledError(),
  down: new ServiceUnavailableError(),
};
const active: (string | undefined)[] = [];
/** Finds the user that its header names, later, or throws what it names. */
const byHeader = provider(
  'ByHeader',
  async (request, userstore) => {
    const order = request.header('x-user');
    if (order === undefined) return null;
    if (ERRORS[order] !== undefined) throw ERRORS[order];
    await new Promise((resolve) => setImmediate(resolve));
    active.push(activeSpan()?.spanContext().spanId);
    return userstore.getUser(order);
  },
  { credential: 'x-user' },
);
class People {
  readonly name = 'People';
  getUser(name: string) {
    return name === 'ann' ? { username: 'ann' } : null;
  }
}

const start = (driver: Driver) =>
  startApi(driver, { security: { providers: [byHeader], userstores: [People] } });

describe('instrument', () => {
  it('refuses options that are unknown or have no valid value', () => {
    const security = createSecurity();
    for (const options of [{ meterProvider: {} }, { endUser: 'yes' }, { x: 1 }, { clock: 1 }]) {
      expect(() => instrument(security, options as never)).to.throw(ConfigurationError);
    }
  });

  it('measures nothing and fails nowhere without an SDK', () => {
    const end = instrument(createSecurity());
    end();
  });
});

for (const driver of DRIVERS) {
  describe(`OpenTelemetry on ${driver.name}`, () => {
    beforeEach(() => {
      reset();
      active.length = 0;
    });

    it('counts outcomes by provider and code, and decisions', async () => {
      await using telemetry = new Telemetry();
      await using api = await start(driver);
      instrument(api.security, telemetry.providers);
      for (const user of ['ann', 'ann', 'bad', 'throttled', 'down']) {
        await api.get('/guarded', { 'x-user': user });
      }
      await api.get('/admin', { 'x-user': 'ann' });
      await api.get('/open');
      const counts = async (name: string) =>
        (await telemetry.points(name)).map(({ attributes, count }) => ({ ...attributes, count }));
      const refused = (code: string, more: object = {}) => ({
        'securest.outcome': 'refused',
        'securest.provider.name': 'ByHeader',
        'securest.code': code,
        ...more,
        count: 1,
      });
      expect(await counts('securest.authentication.outcomes')).to.have.deep.members([
        { 'securest.outcome': 'authenticated', 'securest.provider.name': 'ByHeader', count: 3 },
        refused('invalid_credentials'),
        refused('too_many_attempts'),
        refused('authentication_unavailable', { 'error.type': 'authentication_unavailable' }),
        { 'securest.outcome': 'anonymous', count: 1 },
      ]);
      expect(await counts('securest.authorization.decisions')).to.have.deep.members([
        { 'securest.outcome': 'allowed', count: 2 },
        { 'securest.outcome': 'denied', 'securest.code': 'access_denied', count: 1 },
      ]);
      expect(await counts('securest.throttled.attempts')).to.deep.equal([
        { 'securest.provider.name': 'ByHeader', count: 1 },
      ]);
    });

    it('times providers and userstores in seconds, by verdict and answer', async () => {
      await using telemetry = new Telemetry();
      await using api = await start(driver);
      let now = 0;
      instrument(api.security, { ...telemetry.providers, clock: () => (now += 250) });
      await api.get('/guarded', { 'x-user': 'ann' });
      const [asked] = await telemetry.points('securest.provider.duration');
      // It is asked at 250 ms, the store from 500 to 750 ms, and it has answered at 1000 ms.
      expect(asked).to.deep.include({ unit: 's', count: 1, sum: 0.75 });
      expect(asked?.attributes).to.deep.equal({
        'securest.provider.name': 'ByHeader',
        'securest.provider.verdict': 'authenticated',
      });
      const [userstore] = await telemetry.points('securest.userstore.duration');
      expect(userstore).to.deep.include({ unit: 's', count: 1, sum: 0.25 });
      expect(userstore?.attributes).to.deep.equal({
        'securest.userstore.name': 'People',
        'securest.userstore.operation': 'get_user',
        'securest.userstore.answer': 'found',
      });
      await api.get('/guarded', { 'x-user': 'down' });
      const failed = (await telemetry.points('securest.provider.duration')).at(-1);
      expect(failed?.attributes).to.include({ 'error.type': 'unavailable' });
    });

    it('puts a span below that of the server, also behind a body parser, and providers below it', async () => {
      await using telemetry = new Telemetry();
      @JsonController()
      class Notes {
        @Authorized() @Post('/notes/:id') add(@Body() body: object) {
          return { body, span: activeSpan()?.spanContext().spanId };
        }
      }
      const security = createSecurity({
        providers: [byHeader],
        userstores: [People],
        logger: new MemoryLogger(),
      });
      instrument(security, telemetry.providers);
      const listener = driver.build(security.secure({ controllers: [Notes] }));
      await using server = await TestServer.start(telemetry.inServerSpans(listener));
      const send = async (headers: Record<string, string>) =>
        toReply(
          await server.raw(
            '/notes/7?x=1',
            { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
            '{"text":"hello"}',
          ),
        );
      const reply = await send({ 'x-user': 'ann' });
      expect(reply.json()).to.deep.include({ body: { text: 'hello' } });
      await send({ 'x-user': 'down' });
      const [granted, failed] = telemetry.authentications;
      const servers = telemetry.spans.filter(({ kind }) => kind === SpanKind.SERVER);
      expect(granted?.parentSpanContext?.spanId).to.equal(servers[0]?.spanContext().spanId);
      expect(granted?.kind).to.equal(SpanKind.INTERNAL);
      expect(active).to.deep.equal([granted?.spanContext().spanId]);
      // The action is no part of it.
      expect(reply.json()['span']).to.equal(servers[0]?.spanContext().spanId);
      expect(granted?.attributes).to.deep.equal({
        'http.request.method': 'POST',
        'http.route': '/notes/:id',
        'securest.outcome': 'authenticated',
        'securest.provider.name': 'ByHeader',
      });
      expect(granted?.status).to.deep.equal({ code: SpanStatusCode.UNSET });
      expect(failed?.status).to.deep.equal({ code: SpanStatusCode.ERROR });
      expect(failed?.attributes).to.include({ 'error.type': 'authentication_unavailable' });
    });

    it('keeps the spans of requests at the same time apart', async () => {
      await using telemetry = new Telemetry();
      const security = createSecurity({
        providers: [byHeader],
        userstores: [People],
        logger: new MemoryLogger(),
      });
      instrument(security, telemetry.providers);
      const listener = driver.build(security.secure({ controllers: [controllerOfMe()] }));
      await using server = await TestServer.start(telemetry.inServerSpans(listener));
      await Promise.all(
        Array.from({ length: 20 }, () => server.raw('/me', { method: 'POST', headers: { 'x-user': 'ann' } })),
      );
      const parents = telemetry.authentications.map(({ parentSpanContext }) => parentSpanContext?.spanId);
      expect(new Set(parents).size).to.equal(20);
      expect(new Set(active).size).to.equal(20);
    });

    it('names the user only where the app asks for it, and in no metric', async () => {
      await using telemetry = new Telemetry();
      await using plain = await start(driver);
      instrument(plain.security, telemetry.providers);
      await plain.get('/guarded', { 'x-user': 'ann' });
      await using named = await start(driver);
      instrument(named.security, { ...telemetry.providers, endUser: true });
      await named.get('/guarded', { 'x-user': 'ann' });
      await named.get('/guarded', { 'x-user': 'bad' });
      expect(telemetry.authentications.map(({ attributes }) => attributes['enduser.id'])).to.deep.equal([
        undefined,
        'ann',
        undefined,
      ]);
      expect(JSON.stringify(await telemetry.points())).not.to.include('"ann"');
    });

    it('counts once where it is instrumented twice, until each has ended it', async () => {
      await using telemetry = new Telemetry();
      await using api = await start(driver);
      const ends = [instrument(api.security, telemetry.providers), instrument(api.security)];
      const count = async () => {
        await api.get('/guarded', { 'x-user': 'ann' });
        return (await telemetry.points('securest.authentication.outcomes'))[0]?.count;
      };
      expect(await count()).to.equal(1);
      ends[0]?.();
      ends[0]?.();
      expect(await count()).to.equal(2);
      ends[1]?.();
      expect(await count()).to.equal(2);
      instrument(api.security, telemetry.providers);
      expect(await count()).to.equal(3);
    });

    it('has no values of a client in metrics: a method of its own is _OTHER', async () => {
      await using telemetry = new Telemetry();
      await using api = await start(driver);
      instrument(api.security, telemetry.providers);
      await api.get('/guarded?secret=1', { 'x-user': 'nobody-of-that-name' });
      const told = JSON.stringify([
        await telemetry.points(),
        telemetry.spans.map(({ name, attributes }) => ({ name, attributes })),
      ]);
      expect(told).not.to.include('nobody-of-that-name').and.not.to.include('secret');
    });

    const boom = (): never => {
      throw new Error('boom');
    };
    const instrumentsThat = (add: () => unknown) => ({
      createCounter: () => ({ add }),
      createHistogram: () => ({ record: add }),
    });
    const spanThat = (does: () => unknown) => ({
      setAttributes: does,
      setAttribute: does,
      setStatus: does,
      end: does,
      // Asked for by the test's own provider.
      spanContext: () => ({ spanId: 'broken' }),
    });
    const broken: Readonly<Record<string, InstrumentOptions>> = {
      'a meter that throws': { meterProvider: { getMeter: () => instrumentsThat(boom) } },
      'a tracer that throws': { tracerProvider: { getTracer: () => ({ startSpan: boom }) } },
      'a tracer without spans': { tracerProvider: { getTracer: () => ({ startSpan: () => undefined }) } },
      'a span that throws': { tracerProvider: { getTracer: () => ({ startSpan: () => spanThat(boom) }) } },
      'a clock that throws': { clock: boom },
    };
    for (const [title, options] of Object.entries(broken)) {
      it(`changes no reply by ${title}`, async () => {
        await using telemetry = new Telemetry();
        const users = ['ann', 'nobody', 'bad', 'throttled', 'down'];
        const all = async (instrumented: boolean) => {
          await using api = await start(driver);
          if (instrumented) instrument(api.security, { ...telemetry.providers, ...options });
          const replies: string[] = [];
          for (const user of users) {
            replies.push(fingerprint(await api.get('/guarded', { 'x-user': user })));
          }
          return { replies, failures: api.logger.lines.filter((line) => line.includes('observer failed')) };
        };
        const { replies, failures } = await all(true);
        expect(replies).to.deep.equal((await all(false)).replies);
        expect(failures.length).to.be.at.most(1);
      });
    }

    it('changes no reply by an exporter that fails at the same time', async () => {
      const { BasicTracerProvider, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
      const { ExportResultCode } = await import('@opentelemetry/core');
      let exports = 0;
      const failing = new BasicTracerProvider({
        spanProcessors: [
          new SimpleSpanProcessor({
            export: (_spans, done) => {
              exports += 1;
              done({ code: ExportResultCode.FAILED, error: new Error('the collector is down') });
            },
            shutdown: () => Promise.resolve(),
          }),
        ],
      });
      await using api = await start(driver);
      instrument(api.security, { tracerProvider: failing });
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          api.get('/guarded', { 'x-user': index % 2 ? 'ann' : 'bad' }),
        ),
      );
      expect(replies.map(({ status }) => status)).to.deep.equal(
        replies.map((_, index) => (index % 2 ? 200 : 401)),
      );
      expect(exports).to.equal(10);
    });
  });
}

function controllerOfMe() {
  @JsonController()
  class Me {
    @Authorized() @Post('/me') me() {
      return {};
    }
  }
  return Me;
}

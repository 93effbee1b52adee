/** A refusal tells nothing of what lies behind it, and nothing of what was asked. */
import { expect } from 'chai';
import {
  type Action,
  Authorized,
  ContentType,
  Controller,
  CurrentUser,
  Get,
  Header,
  HttpError,
  JsonController,
  Post,
  type RoutingControllersOptions,
} from 'routing-controllers';
import {
  AccessDeniedError,
  BadCredentialsError,
  type Constructor,
  MalformedCredentialsError,
  type RoleChecker,
  ServiceUnavailableError,
  ThrottledError,
  type User,
} from '../../src';
import { type Driver, DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { type Api, BODIES, provider, startApi, toReply } from '../support/scripted';

/** What must never reach a client. */
const CANARY = 'canary-7f3a9c';

const STATUS = { bad: 401, denied: 403, fault: 500, unavailable: 503 } as const;
type Told = keyof typeof STATUS;

interface Fault {
  readonly make: () => object;
  /** What the client is told when a provider or store throws it. */
  readonly chain: Told;
  /** What the client is told when a policy throws it. */
  readonly policy: Told;
}

const cause = new Error(CANARY);
const FAULTS: Readonly<Record<string, Fault>> = {
  database: { make: () => new Error(CANARY), chain: 'fault', policy: 'fault' },
  exposed: {
    make: () => Object.assign(new Error(CANARY), { status: 418, expose: true, body: CANARY }),
    chain: 'fault',
    policy: 'fault',
  },
  json: {
    make: () => Object.assign(new Error(CANARY), { toJSON: () => ({ CANARY }) }),
    chain: 'fault',
    policy: 'fault',
  },
  host: { make: () => new HttpError(503, CANARY), chain: 'fault', policy: 'fault' },
  object: { make: () => ({ message: CANARY, stack: CANARY }), chain: 'fault', policy: 'fault' },
  bad: { make: () => new BadCredentialsError({ cause }), chain: 'bad', policy: 'fault' },
  denied: { make: () => new AccessDeniedError({ cause }), chain: 'fault', policy: 'denied' },
  down: { make: () => new ServiceUnavailableError({ cause }), chain: 'unavailable', policy: 'unavailable' },
};

/** The fault with what an ORM, an HTTP client or a careless app hangs on its errors. */
function thrown(name: string): object {
  return Object.assign(FAULTS[name]!.make(), {
    detail: `Key (email)=(${CANARY}) already exists.`,
    query: `select '${CANARY}'`,
    secret: CANARY,
    errors: [CANARY],
    headers: { 'X-Leak': CANARY },
  });
}

/** Throws in the provider, or has the store throw, as the request asks for: `x-fault: store database`. */
const faulty = provider(
  'faulty',
  (request, userstore) => {
    const [place, fault = ''] = request.header('x-fault')?.split(' ') ?? [];
    if (place === undefined) return null;
    if (place === 'provider') throw thrown(fault);
    if (place === 'store') return userstore.getUser(fault);
    return { username: fault, groups: [fault] };
  },
  { credential: 'x-fault', challenge: { scheme: 'Faulty' } },
);

class FaultyStore {
  getUser(name: string): User {
    throw thrown(name);
  }
  getGroup(name: string): null {
    throw thrown(name);
  }
}

class FaultyPolicy implements RoleChecker {
  check(_action: Action, user: User): boolean {
    throw thrown(user.username);
  }
}

/** The same guarded actions as JSON and as text; what they would answer is the canary. */
function controllers(): Constructor<object>[] {
  class Base {
    @Authorized() @Get('/plain') plain() {
      return CANARY;
    }
    @Authorized('editor') @Get('/role') role() {
      return CANARY;
    }
    @Authorized(FaultyPolicy) @Get('/class') class() {
      return CANARY;
    }
    @Authorized((user: User) => {
      throw thrown(user.username);
    })
    @Get('/function')
    function() {
      return CANARY;
    }
    @Get('/open') open(@CurrentUser() _user?: User) {
      return CANARY;
    }
  }
  @JsonController('/json')
  class Json extends Base {}
  @Controller('/text')
  class Text extends Base {}
  return [Json, Text];
}

function startFaulty(driver: Driver, host: RoutingControllersOptions): Promise<Api> {
  const security = { providers: [faulty], userstores: [FaultyStore] };
  return startApi(driver, { security, host: { controllers: controllers(), ...host } });
}

/** The environment that an app starts in, while it lasts. */
class Environment implements Disposable {
  readonly #before = process.env['NODE_ENV'];

  constructor(readonly name: string) {
    process.env['NODE_ENV'] = name;
  }

  [Symbol.dispose](): void {
    if (this.#before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = this.#before;
  }
}

for (const driver of DRIVERS) {
  describe(`Secrets in replies on ${driver.name}`, () => {
    beforeEach(reset);

    for (const environment of ['production', 'development']) {
      for (const mode of [{ development: true }, { development: false }, {}]) {
        const title = `NODE_ENV=${environment} ${JSON.stringify(mode)}`;

        it(`a refusal shows no field of what was thrown: ${title}`, async () => {
          using running = new Environment(environment);
          for (const defaultErrorHandler of [true, false]) {
            await using api = await startFaulty(driver, { ...mode, defaultErrorHandler });
            expect(process.env['NODE_ENV']).to.equal(running.name);
            for (const [fault, { chain, policy }] of Object.entries(FAULTS)) {
              const cases: [string, string, Told][] = [
                ['provider', 'plain', chain],
                ['provider', 'open', chain],
                ['store', 'plain', chain],
                ['group', 'role', 'unavailable'],
                ['policy', 'class', policy],
                ['policy', 'function', policy],
              ];
              for (const [place, action, told] of cases) {
                for (const type of ['json', 'text'] as const) {
                  const reply = await api.get(`/${type}/${action}`, { 'x-fault': `${place} ${fault}` });
                  const label = `${fault} in ${place} at /${type}/${action}`;
                  const bodies = { json: JSON.stringify(BODIES[told]), text: BODIES[told].message };
                  expect(reply.status, label).to.equal(STATUS[told]);
                  // Without its own handler the host leaves the kind of the body to Koa or Express.
                  if (defaultErrorHandler) expect(reply.text, label).to.equal(bodies[type]);
                  else expect(reply.text, label).to.be.oneOf(Object.values(bodies));
                  expect(reply.rawHeaders.join('\n'), label)
                    .to.not.contain(CANARY)
                    .and.not.match(/x-leak/i);
                }
              }
            }
          }
        });
      }
    }

    it('fields that an app hangs on an error of the family stay inside when an action throws it', async () => {
      @JsonController('/json')
      class Json {
        @Get('/') list() {
          throw Object.assign(new AccessDeniedError({ cause }), { detail: CANARY, query: CANARY });
        }
      }
      @Controller('/text')
      class Text {
        @Get('/') list() {
          throw Object.assign(new AccessDeniedError({ cause }), { detail: CANARY, query: CANARY });
        }
      }
      for (const development of [true, false]) {
        await using api = await startFaulty(driver, { controllers: [Json, Text], development });
        const [json, text] = [await api.get('/json'), await api.get('/text')];
        expect([json.status, json.text]).to.deep.equal([403, JSON.stringify(BODIES.denied)]);
        expect([text.status, text.text]).to.deep.equal([403, BODIES.denied.message]);
        expect([...json.rawHeaders, ...text.rawHeaders].join('\n')).to.not.contain(CANARY);
      }
    });

    it('a denied URL is never echoed, and the body is plain text however the action answers', async () => {
      const SCRIPT = `<script>alert('${CANARY}')</script>`;
      const refusals: Readonly<Record<string, () => unknown>> = {
        'Unauthorized User': () => new BadCredentialsError(),
        'Malformed Credentials': () => new MalformedCredentialsError({}, 400),
        'Too Many Attempts': () => new ThrottledError(),
        'Authentication Unavailable': () => new ServiceUnavailableError(),
        'Security Error': () => new TypeError(SCRIPT),
      };
      const refusing = provider('refusing', (request) => {
        const name = request.header('x-refusal');
        if (name === undefined) return null;
        if (name === 'Access Denied') return { username: 'ann' };
        throw refusals[name]!();
      });
      @Controller('/pages')
      class Pages {
        @Authorized('admin') @Get('/:name') page() {
          return SCRIPT;
        }
        @Authorized('admin') @ContentType('text/html') @Get('/html/:name') html() {
          return SCRIPT;
        }
        @Authorized('admin') @Header('Content-Type', 'text/html') @Post('/:name') post() {
          return SCRIPT;
        }
        @Get('/required/:name') required(@CurrentUser({ required: true }) user: User) {
          return user.roles?.includes('admin') === true ? SCRIPT : 'open to ann';
        }
      }
      const encoded = encodeURIComponent(SCRIPT);
      const token = `access_token=${SCRIPT}`;
      const targets = [
        ['GET', `/pages/a?${token}`],
        ['GET', `/pages/a?access_token=${encoded}`],
        ['GET', `/pages/html/a?${token}`],
        ['POST', `/pages/a?${token}`],
        ['GET', `/pages/required/a?${token}`],
        ['GET', `/pages/${encoded}?${token}`],
        ['GET', `/pages/html/${encoded}?access_token=${encoded}`],
      ] as const;
      for (const development of [true, false]) {
        await using api = await startApi(driver, {
          security: { providers: [refusing] },
          host: { controllers: [Pages], development },
        });
        for (const message of ['', 'Access Denied', ...Object.keys(refusals)]) {
          for (const [method, path] of targets) {
            if (message === 'Access Denied' && path.startsWith('/pages/required')) continue;
            const label = `${message} for ${method} ${path}`;
            const headers: Record<string, string> = { accept: 'text/html', 'content-length': '0' };
            if (message !== '') headers['x-refusal'] = message;
            const reply = toReply(await api.server.raw('', { method, path, headers }));
            expect(reply.status, label).to.be.at.least(400);
            expect(reply.text, label).to.equal(message === '' ? 'Unauthorized User' : message);
            expect(reply.headers['content-type'], label).to.equal('text/plain; charset=utf-8');
            expect(reply.rawHeaders.join('\n'), label)
              .to.not.contain(CANARY)
              .and.not.match(/script|access_token/i);
          }
        }
      }
    });
  });
}

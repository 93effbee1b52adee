/** The start of an app that has guards and no server of routing-controllers. */
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, Middleware } from 'routing-controllers';
import { Container } from 'typedi';
import {
  AuthProvider,
  type AuthProviderInterface,
  ConfigurationError,
  type Constructor,
  createSecurity,
  MemoryState,
  otpController,
  type RoleChecker,
  type SecurestOptions,
  type Security,
  SecurityError,
  SessionProvider,
  SessionService,
  TokenInvalidError,
  TokenProvider,
  type TokenVerifier,
  type User,
  Userstore,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { as, CastUserstore, NameProvider } from '../support/secured-server';

describe('start()', () => {
  let logger: MemoryLogger;

  beforeEach(() => {
    reset();
    logger = new MemoryLogger();
  });

  const secured = (providers: readonly Constructor<AuthProviderInterface>[] = [NameProvider]): Security =>
    createSecurity({ logger, userstores: [CastUserstore], providers });

  /** Counts its starts. */
  function counted(): { readonly cls: Constructor<AuthProviderInterface>; readonly starts: () => number } {
    let starts = 0;
    class Counted extends NameProvider {
      onStart(): void {
        starts += 1;
      }
    }
    return { cls: Counted, starts: () => starts };
  }

  async function statusOf(security: Security, headers: Record<string, string>): Promise<number> {
    const guard = security.guard();
    await using server = await TestServer.start((request, response) => {
      void guard(request, response).then((isGranted) => {
        if (isGranted) response.end('inside');
      });
    });
    return (await server.raw('/', { headers })).status;
  }

  it('starts providers at once, and logs what the app is made of', () => {
    const { cls, starts } = counted();
    const security = secured([cls]);
    security.guard(undefined, { name: 'files' });
    security.guard('editor', { name: 'notes' });
    security.start();
    expect(starts()).to.equal(1);
    expect(logger.lines).to.deep.equal([
      'info securest: userstore CastUserstore',
      'info securest: provider 1 Counted',
      'info securest: 2 guards',
    ]);
  });

  it('does nothing the second time, nor at a request', async () => {
    const { cls, starts } = counted();
    const security = secured([cls]);
    security.start();
    security.start();
    expect(await statusOf(security, as('user'))).to.equal(200);
    expect(starts()).to.equal(1);
    expect(logger.lines).to.have.length(3);
  });

  it('is done by the first request that comes to a guard', async () => {
    const { cls, starts } = counted();
    const security = secured([cls]);
    expect(await statusOf(security, as('user'))).to.equal(200);
    expect(starts()).to.equal(1);
    expect(logger.lines).to.include('info securest: 1 guard');
  });

  it('refuses an app with a guard and no provider, whose guards let nobody in', async () => {
    const security = secured([]);
    security.guard('editor', { name: 'notes' });
    expect(() => security.start()).to.throw(
      ConfigurationError,
      'guard notes is guarded but nothing can authenticate',
    );
    expect(await statusOf(security, as('editor'))).to.equal(500);
    expect(logger.lines.join('\n')).to.include('nothing can authenticate');
  });

  /** A provider that never fits, behind one that does. */
  function misfit(before: () => void = () => undefined): readonly Constructor<AuthProviderInterface>[] {
    class Misfit extends NameProvider {
      readonly name = 'misfit';
      onStart(): void {
        before();
        throw new ConfigurationError('misfit does not fit');
      }
    }
    return [NameProvider, Misfit];
  }

  it('lets nobody in outside of actions after a provider has refused it, however often they ask', async () => {
    const security = secured(misfit());
    const codes: unknown[] = [];
    await using server = await TestServer.start((request, response) => {
      security.authenticate(request).then(
        () => response.end('inside'),
        (error: unknown) => {
          codes.push(error instanceof SecurityError && error.code);
          response.end();
        },
      );
    });
    await server.raw('/', { headers: as('editor') });
    expect(() => security.start()).to.throw(ConfigurationError, 'misfit does not fit');
    await server.raw('/', { headers: as('editor') });
    await server.raw('/', { headers: as('editor') });
    expect(codes).to.deep.equal(Array(3).fill('security_error'));
  });

  const promises: Record<string, () => unknown> = {
    rejects: () => Promise.reject(new ConfigurationError('it does not fit')),
    resolves: () => Promise.resolve(),
    'is never settled': () => new Promise(() => undefined),
    'cannot be read': () => ({
      get then(): never {
        throw new Error('no promise');
      },
    }),
  };
  for (const [what, answer] of Object.entries(promises)) {
    it(`refuses a provider whose onStart() returns a promise that ${what}`, async () => {
      class Late extends NameProvider {
        onStart(): void {
          return answer() as never;
        }
      }
      const security = secured([Late]);
      expect(() => security.start()).to.throw();
      expect(await statusOf(security, as('editor'))).to.equal(500);
    });
  }

  it('refuses a verifier of tokens whose onStart() returns a promise', async () => {
    class Verifier implements TokenVerifier {
      verify(): never {
        throw new TokenInvalidError();
      }
      onStart(): void {
        return promises['rejects']!() as never;
      }
    }
    class Tokens extends TokenProvider {
      constructor() {
        super(new Verifier());
      }
    }
    const security = secured([Tokens]);
    expect(() => security.start()).to.throw(ConfigurationError, 'Tokens: onStart() must decide at once');
    expect(await statusOf(security, { authorization: 'Bearer x' })).to.equal(500);
  });

  it('cannot be called by a provider that it starts: guards still let nobody in', async () => {
    const security: Security = secured(
      misfit(() => {
        security.start();
      }),
    );
    security.guard();
    expect(() => security.start()).to.throw(ConfigurationError, 'cannot start the app');
    expect(await statusOf(security, as('editor'))).to.equal(500);
  });

  it('is over for sockets and jobs too when a guard cannot be checked', async () => {
    const security = secured([]);
    security.guard('editor', { name: 'notes' });
    expect(() => security.start()).to.throw(ConfigurationError, 'nothing can authenticate');
    const request = { headers: {}, rawHeaders: [], method: 'GET', url: '/', socket: {} } as never;
    const refusal = await security.authenticate(request).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(SecurityError).with.property('code', 'security_error');
  });

  it('is done again by the first request after close()', async () => {
    const { cls, starts } = counted();
    const security = secured([cls]);
    expect(await statusOf(security, as('user'))).to.equal(200);
    await security.close();
    expect(await statusOf(security, as('user'))).to.equal(200);
    expect(starts()).to.equal(2);
  });

  it('is not over for a guard that is made later', () => {
    const security = secured([]);
    security.start();
    expect(() => security.guard('editor', { name: 'late' })).to.throw(
      ConfigurationError,
      'guard late is guarded but nothing can authenticate',
    );
  });

  it('starts an app that has no guards and no provider yet', () => {
    secured([]).start();
    expect(logger.lines).to.deep.equal(['info securest: userstore CastUserstore', 'info securest: 0 guards']);
  });

  it('finds classes that were decorated after the instance was made', () => {
    const security = createSecurity({ logger });
    security.guard();
    @Userstore()
    class Users extends CastUserstore {}
    @AuthProvider(1)
    class Names extends NameProvider {}
    security.start();
    expect(logger.lines).to.include.members([
      `info securest: userstore ${Users.name}`,
      `info securest: provider 1 ${Names.name}`,
    ]);
  });

  it('refuses a rule whose class cannot be created', () => {
    // Without a decorator the compiler writes no types down.
    class Hours implements RoleChecker {
      constructor(private readonly clock: { now(): number }) {}
      check(): boolean {
        return this.clock.now() === 0;
      }
    }
    const security = secured();
    security.guard(Hours, { name: 'hours' });
    expect(() => security.start()).to.throw(ConfigurationError, 'Hours has constructor parameters');
  });
});

for (const driver of DRIVERS) {
  describe(`A server on ${driver.name} that could not be created`, () => {
    let logger: MemoryLogger;

    beforeEach(() => {
      reset();
      logger = new MemoryLogger();
    });

    class Sessions extends SessionService {
      constructor() {
        super({ state: new MemoryState() });
      }
    }

    /** What the start of a server refuses, before and after the providers have been started. */
    function refused(): Record<string, () => SecurestOptions> {
      class NoFactor {}
      return {
        'no service of its controller': () => ({
          controllers: [otpController({ sessions: Sessions, otp: NoFactor as never })],
        }),
        'an unknown role': () => {
          @JsonController('/unknown')
          class Unknown {
            @Authorized('no-such-role') @Get('/') list() {
              return 'inside';
            }
          }
          return { controllers: [Unknown] };
        },
        'a middleware that cannot be created at first': () => {
          let creations = 0;
          @Middleware({ type: 'before' })
          class Broken {
            constructor() {
              creations += 1;
              if (creations === 1) throw new Error('broken');
            }
            use(_context: unknown, next: () => unknown): unknown {
              return next();
            }
          }
          return { middlewares: [Broken] };
        },
      };
    }

    function notes(): Constructor<object> {
      @JsonController()
      class Notes {
        @Authorized() @Get('/guarded') guarded() {
          return 'inside';
        }
        @Get('/open') open(@CurrentUser() user: User | undefined) {
          return user?.username ?? 'nobody';
        }
      }
      return Notes;
    }

    for (const what of Object.keys(refused())) {
      it(`leaves nothing open beside it, until a server has been created: ${what}`, async () => {
        const sessions = new Sessions();
        Container.set(Sessions, sessions);
        class Session extends SessionProvider {
          constructor() {
            super(sessions);
          }
        }
        const security = createSecurity({
          logger,
          userstores: [CastUserstore],
          providers: [Session, NameProvider],
          roles: ['editor'],
        });
        const guard = security.guard();
        await using guarded = await TestServer.start((request, response) => {
          void guard(request, response).then((isGranted) => {
            if (isGranted) response.end('inside');
          });
        });
        await using actions = await TestServer.start(
          driver.build(security.secure({ controllers: [notes()] })),
        );
        const statuses = async () => {
          const headers = as('editor');
          const replies = [
            await guarded.raw('/', { headers }),
            await actions.raw('/guarded', { headers }),
            await actions.raw('/open', { headers }),
          ];
          return replies.map(({ status }) => status);
        };
        expect(await statuses()).to.deep.equal([200, 200, 200]);
        const options = refused()[what]!();
        let fault: unknown;
        try {
          driver.build(security.secure(options));
        } catch (error) {
          fault = error;
        }
        expect(fault).to.be.an('error');
        expect(await statuses()).to.deep.equal([500, 500, 500]);
        // An exception of the host itself is not known.
        const known = fault instanceof ConfigurationError ? fault.message : 'is not complete';
        expect(() => security.start()).to.throw(ConfigurationError, known);
        expect(await statuses()).to.deep.equal([500, 500, 500]);
        driver.build(security.secure({ controllers: [notes()] }));
        expect(await statuses()).to.deep.equal([200, 200, 200]);
      });
    }
  });
}

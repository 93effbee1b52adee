/** Servers that securest never prepares: of another copy of the host, and of drivers that it does not know. */
import path from 'node:path';
import { expect } from 'chai';
import {
  Authorized,
  BaseDriver,
  createExecutor,
  CurrentUser,
  Get,
  getMetadataArgsStorage,
  JsonController,
  KoaDriver,
  type RoutingControllersOptions,
} from 'routing-controllers';
import {
  ConfigurationError,
  type Constructor,
  createSecurity,
  securest,
  type SecurityOptions,
} from '../../src';
import { DRIVERS, TestServer } from '../support/drivers';
import { otherCopy } from '../support/other-copy';
import { MemoryLogger, reset } from '../support/reset';
import { as, CastUserstore, NameProvider, SecuredServer } from '../support/secured-server';

const FOLDER = path.join(__dirname, '../fixtures/controllers/folder-controller.ts');

function instance(options: SecurityOptions = {}) {
  return createSecurity({
    logger: new MemoryLogger(),
    providers: [NameProvider],
    userstores: [CastUserstore],
    ...options,
  });
}

function open(): Constructor<object> {
  @JsonController('/open')
  class Open {
    @Get('/') get() {
      return {};
    }
  }
  return Open;
}

function inherited(): Constructor<object> {
  @Authorized()
  class Base {
    @Get('/') get() {
      return {};
    }
  }
  @JsonController('/inherited')
  class Inherited extends Base {}
  return Inherited;
}

function requiring(): Constructor<object> {
  class Base {
    @Get('/') get(@CurrentUser({ required: true }) _user: object) {
      return {};
    }
  }
  @JsonController('/requiring')
  class Requiring extends Base {}
  return Requiring;
}

const copy = otherCopy();
type Options = RoutingControllersOptions;

const HOSTS: Record<string, (options: Options) => unknown> = {
  Koa: (options) => copy.createKoaServer(options),
  Express: (options) => copy.createExpressServer(options),
};

for (const [host, build] of Object.entries(HOSTS)) {
  describe(`A server that another copy of routing-controllers builds on ${host}`, () => {
    beforeEach(reset);

    const refused = (options: Options) => {
      expect(() => build(options))
        .to.throw(ConfigurationError, 'that securest never prepares')
        .with.property('code', 'invalid_configuration');
    };
    const taken = (options: Options) => {
      expect(() => build(options)).to.not.throw();
    };

    it('is refused with secured controllers, guarded or not, each time', async () => {
      for (const make of [open, inherited, requiring]) {
        const options = instance().secure({ controllers: [make()] });
        refused(options);
        await Promise.resolve();
        refused({ ...options, routePrefix: '/v2' });
        refused({ controllers: options.controllers });
        refused({});
      }
    });

    it('is refused with what securest() returns, also twice', () => {
      const security = { providers: [NameProvider], userstores: [CastUserstore], logger: new MemoryLogger() };
      refused(securest(securest({ controllers: [inherited()], security })));
    });

    it('is refused when the list is changed after it was secured', () => {
      const controllers: Constructor<object>[] = [];
      const options = instance().secure({ controllers });
      controllers.push(open());
      refused(options);
    });

    it('is refused when other, guarded controllers take the place of the secured ones', () => {
      const options = instance().secure({ controllers: [open()] });
      refused({ ...options, controllers: [inherited()] });
      refused({ ...options, controllers: [requiring()] });
      const closed = instance({ default: 'authenticated' }).secure({ controllers: [open()] });
      refused({ ...closed, controllers: [open()] });
    });

    it('is refused when folders or all classes were secured', () => {
      for (const given of [{ controllers: [FOLDER] }, { controllers: [] }, {}]) {
        reset();
        const options = instance().secure(given);
        refused({ ...options, controllers: [open()] });
        open();
        if (given.controllers?.length !== 1) refused(options);
      }
    });

    it('is refused with a guarded controller where checkers were handed out on their own', () => {
      const security = instance();
      taken({ controllers: [inherited()] });
      const pair = {
        authorizationChecker: security.authorizationChecker,
        currentUserChecker: security.currentUserChecker,
      };
      refused({ ...pair, controllers: [inherited()] });
      refused({ ...pair, controllers: [requiring()] });
      taken({ ...pair, controllers: [open()] });
    });

    it('is refused with any controller where such a pair guards all of them', () => {
      const { authorizationChecker } = instance({ default: 'authenticated' });
      refused({ authorizationChecker, controllers: [open()] });
    });

    it('is refused with the storage of the other copy, too', () => {
      const own = getMetadataArgsStorage();
      const holder = globalThis as { routingControllersMetadataArgsStorage?: unknown };
      holder.routingControllersMetadataArgsStorage = undefined;
      try {
        expect(copy.getMetadataArgsStorage()).not.to.be.instanceOf(own.constructor);
        refused(instance().secure({ controllers: [inherited()] }));
      } finally {
        holder.routingControllersMetadataArgsStorage = own;
      }
    });

    it('is left alone when it is plain, beside a secured server', async () => {
      taken({ controllers: [inherited()] });
      await using app = await SecuredServer.start(DRIVERS[0]!, { controllers: [inherited()] });
      const plain = inherited();
      taken({ controllers: [plain], authorizationChecker: () => true, currentUserChecker: () => ({}) });
      expect(await app.status('/inherited')).to.equal(401);
      expect(await app.status('/inherited', 'user')).to.equal(200);
    });

    it('is left alone when it is plain, once all classes or a folder have been built', () => {
      for (const given of [{ controllers: [FOLDER] }, {}]) {
        reset();
        // Decorated anew when it is imported.
        Reflect.deleteProperty(require.cache, FOLDER);
        const secured = open();
        DRIVERS[0]!.build(instance().secure(given));
        if (!('controllers' in given)) refused({ controllers: [secured] });
        taken({ controllers: [inherited()] });
      }
    });
  });
}

describe('A driver that securest does not know', () => {
  beforeEach(reset);

  /** Serves nothing: what is asked is whether it would. */
  class Own extends BaseDriver {
    override initialize(): void {}
    override registerMiddleware(): void {}
    override registerAction(): void {}
    override registerRoutes(): void {}
    override getParamFromRequest(): undefined {}
    override handleError(): void {}
    override handleSuccess(): void {}
  }
  const refused = (driver: BaseDriver, options: Options) => {
    expect(() => createExecutor(driver, options))
      .to.throw(ConfigurationError, 'cannot be guarded on a driver that securest does not know')
      .with.property('code', 'invalid_configuration');
  };

  it('is refused with secured options, and left alone with plain ones', () => {
    const controllers = [inherited()];
    createExecutor(new Own(), { controllers });
    refused(new Own(), instance().secure({ controllers }));
  });

  it('is refused where a subclass of a known one leaves its initialize() out', () => {
    class Deaf extends KoaDriver {
      override initialize(): void {}
    }
    refused(new Deaf(), instance().secure({ controllers: [inherited()] }));
  });

  it('is refused after a secured server failed on its way', async () => {
    const fail = () => {
      throw new Error('unfit');
    };
    class Failing extends KoaDriver {
      override registerAction = fail;
    }
    const controllers = [inherited()];
    const options = instance().secure({ controllers });
    expect(() => createExecutor(new Failing(), options)).to.throw('unfit');
    await Promise.resolve();
    refused(new Own(), options);
  });

  it('is guarded where a subclass of a known one calls it', async () => {
    class Calling extends KoaDriver {
      override initialize(): void {
        super.initialize();
      }
    }
    const driver = new Calling();
    createExecutor(driver, instance().secure({ controllers: [inherited()] }));
    const app = driver.app as { callback(): never };
    await using server = await TestServer.start(app.callback());
    expect((await server.fetch('/inherited')).status).to.equal(401);
    expect((await server.fetch('/inherited', { headers: as('user') })).status).to.equal(200);
  });
});

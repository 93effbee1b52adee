/** The two checkers of a server are the pair of one instance, or it does not start. */
import { expect } from 'chai';
import {
  Authorized,
  CurrentUser,
  Get,
  JsonController,
  type RoutingControllersOptions,
} from 'routing-controllers';
import { ConfigurationError, createSecurity, securest, securityReport, type User } from '../../src';
import { CREATORS, DRIVERS } from '../support/drivers';
import { MemoryLogger, reset } from '../support/reset';
import { CastUserstore, NameProvider } from '../support/secured-server';

function make() {
  return createSecurity({
    logger: new MemoryLogger(),
    providers: [NameProvider],
    userstores: [CastUserstore],
  });
}

const mallory = () => ({ username: 'mallory' });

/** Mixtures, by what is wrong with them. */
function mixtures(): Record<
  string,
  Pick<RoutingControllersOptions, 'authorizationChecker' | 'currentUserChecker'>
> {
  const [one, other] = [make(), make()];
  const { authorizationChecker, currentUserChecker } = one;
  return {
    "the app's currentUserChecker": { authorizationChecker, currentUserChecker: mallory },
    "the app's authorizationChecker": { authorizationChecker: () => true, currentUserChecker },
    'a currentUserChecker of another instance': {
      authorizationChecker,
      currentUserChecker: other.currentUserChecker,
    },
    'an authorizationChecker of another instance': {
      authorizationChecker: other.authorizationChecker,
      currentUserChecker,
    },
    'a wrapped currentUserChecker': {
      authorizationChecker,
      currentUserChecker: (action) => currentUserChecker(action),
    },
    'a currentUserChecker that is null': { authorizationChecker, currentUserChecker: null as never },
  };
}

function controllers(isGuarded: boolean) {
  class Me {
    @Get('/me') me(@CurrentUser() user?: User) {
      return { name: user?.username ?? null };
    }
  }
  if (isGuarded) Authorized()(Me);
  JsonController()(Me);
  return [Me];
}

describe('A pair of checkers', () => {
  beforeEach(reset);

  for (const kind of Object.keys(mixtures())) {
    for (const driver of [...DRIVERS, ...CREATORS]) {
      it(`with ${kind} is refused at start on ${driver.name}`, () => {
        for (const isGuarded of [true, false]) {
          const options = { controllers: controllers(isGuarded), ...mixtures()[kind] };
          expect(() => driver.build(options))
            .to.throw(ConfigurationError, 'must be the pair of one instance')
            .with.property('code', 'invalid_configuration');
        }
      });
    }

    it(`with ${kind} is refused by securest(), secure() and the report`, async () => {
      const options = { controllers: controllers(true), ...mixtures()[kind] };
      expect(() => securest(options)).to.throw(ConfigurationError);
      expect(() => securest({ ...options, security: {} })).to.throw(ConfigurationError);
      expect(() => make().secure(options)).to.throw(ConfigurationError);
      const failed: unknown = await securityReport(options).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(ConfigurationError);
    });
  }

  it('of another instance is refused by secure(), which would replace it', () => {
    const [one, other] = [make(), make()];
    const { authorizationChecker, currentUserChecker } = one;
    for (const given of [{ authorizationChecker }, { currentUserChecker }, one.secure({})]) {
      expect(() => other.secure(given)).to.throw(ConfigurationError, 'another instance');
      expect(one.secure(given)).to.deep.equal({ authorizationChecker, currentUserChecker });
    }
  });
});

import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  type AuthProviderInterface,
  Authentication,
  recentLogin,
  type SecurityRequest,
  type SecurityOptions,
} from '../../src';
import { actingAs } from '../../src/testing';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';

/** Takes whatever comes by a scheme for ann. */
class AnyScheme implements AuthProviderInterface {
  readonly needsUserstore = false;

  authenticate(request: SecurityRequest): Authentication | null {
    if (request.header('authorization') === undefined) return null;
    return new Authentication({ username: 'ann' }, { authenticatedAt: new Date() });
  }
}

class Certificate implements AuthProviderInterface {
  readonly credential = 'tls';
  readonly needsUserstore = false;

  authenticate(): Authentication {
    return new Authentication({ username: 'ann' });
  }
}

function controller() {
  @JsonController()
  class Notes {
    @Authorized(recentLogin({ maxAgeSeconds: 300 })) @Get('/recent') recent() {
      return 'ok';
    }
    @Authorized() @Get('/notes') notes() {
      return 'ok';
    }
  }
  return Notes;
}

for (const driver of DRIVERS) {
  describe(`A recent login on ${driver.name}`, () => {
    beforeEach(reset);

    const start = (security: SecurityOptions) =>
      SecuredServer.start(driver, { controllers: [controller()], security: { userstores: [], ...security } });

    for (const scheme of ['Basic', 'basic', 'Negotiate', 'Digest', 'NTLM']) {
      it(`is none by ${scheme}, which a browser repeats by itself`, async () => {
        await using api = await start({ providers: [AnyScheme] });
        const headers = { authorization: `${scheme} x` };
        expect((await api.server.raw('/notes', { headers })).status).to.equal(200);
        const { status, response, text } = await api.server.raw('/recent', { headers });
        expect(status).to.equal(403);
        expect(JSON.parse(text)).to.include({ code: 'insufficient_user_authentication' });
        expect(response.headers['www-authenticate']).to.equal(undefined);
      });
    }

    it('is one by a scheme that only a program sends', async () => {
      await using api = await start({ providers: [AnyScheme] });
      for (const scheme of ['Bearer', 'DPoP', 'Ticket']) {
        const headers = { authorization: `${scheme} x` };
        expect((await api.server.raw('/recent', { headers })).status).to.equal(200);
      }
    });

    it('is none by a client certificate', async () => {
      await using api = await start({ providers: [Certificate] });
      expect((await api.server.raw('/notes')).status).to.equal(200);
      expect((await api.server.raw('/recent')).status).to.equal(403);
    });

    it('is one where a test says so', async () => {
      await using api = await start({ providers: [Certificate] });
      const headers = { ...actingAs({ username: 'ann' }), authorization: 'Basic x' };
      expect((await api.server.raw('/recent', { headers })).status).to.equal(200);
    });
  });
}

import { expect } from 'chai';
import { BadCredentialsError, ServiceUnavailableError } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { provider, startApi } from '../support/scripted';

const ORIGIN = 'https://app.example';
const providers = [
  provider(
    'p',
    (request) => {
      const authorization = request.header('authorization');
      if (authorization === 'bad') throw new BadCredentialsError();
      if (authorization === 'down') throw new ServiceUnavailableError();
      return authorization === undefined ? null : { username: 'ann' };
    },
    { challenge: { scheme: 'Bearer' } },
  ),
];

for (const driver of DRIVERS) {
  describe(`CORS on ${driver.name}`, () => {
    beforeEach(reset);

    for (const defaultErrorHandler of [true, false]) {
      const title = `with defaultErrorHandler: ${defaultErrorHandler}`;
      const cors = { origin: driver.isExpress ? ORIGIN : () => ORIGIN, credentials: true };
      const start = () =>
        startApi(driver, {
          host: { cors, defaultErrorHandler },
          security: { providers, default: 'authenticated' },
        });

      it(`lets a preflight pass without credentials ${title}`, async () => {
        await using api = await start();
        const { status, response } = await api.server.raw('/guarded', {
          method: 'OPTIONS',
          headers: {
            origin: ORIGIN,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization',
          },
        });
        expect(status).to.equal(204);
        expect(response.headers['access-control-allow-origin']).to.equal(ORIGIN);
        expect(response.headers['access-control-allow-methods']).to.contain('POST');
        expect(response.headers['access-control-allow-headers']).to.match(/authorization/i);
        expect(response.headers['www-authenticate']).to.equal(undefined);
        expect([api.ran, api.events]).to.deep.equal([[], []]);
      });

      it(`keeps the CORS headers on every refusal ${title}`, async () => {
        await using api = await start();
        for (const [path, authorization, status] of [
          ['/guarded', undefined, 401],
          ['/guarded', 'bad', 401],
          ['/guarded', 'down', 503],
          ['/open', 'bad', 401],
          ['/admin', 'ann', 403],
        ] as const) {
          const reply = await api.get(path, {
            origin: ORIGIN,
            ...(authorization !== undefined && { authorization }),
          });
          expect(reply.status).to.equal(status);
          expect(reply.headers['access-control-allow-origin'], path).to.equal(ORIGIN);
          expect(reply.headers['access-control-allow-credentials'], path).to.equal('true');
          expect(reply.headers.vary, path).to.match(/origin/i);
          expect(reply.challenges, path).to.have.length(status === 401 ? 1 : 0);
        }
      });

      it(`keeps the CORS headers on a reply, beside the credentials it varies on ${title}`, async () => {
        await using api = await start();
        const reply = await api.get('/guarded', { origin: ORIGIN, authorization: 'ann' });
        expect([reply.status, reply.headers['access-control-allow-origin']]).to.deep.equal([200, ORIGIN]);
        expect(reply.headers.vary)
          .to.match(/origin/i)
          .and.match(/authorization/i);
      });
    }
  });
}

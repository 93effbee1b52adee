/** Of every route of the examples, what is explained is what a client gets. */
import { expect } from 'chai';
import type { RoutingControllersOptions } from 'routing-controllers';
import { explain, type ExplainRequest, securityReport } from 'securest';
import { actingAs } from 'securest/testing';
import type * as IssuerApp from '../../example/issuer/app';
import type * as IssuerSettings from '../../example/issuer/settings';
import type * as NotesOptions from '../../example/notes/options';
import { stubActions } from '../../src/host/install';
import { REACHED } from '../../src/security/stubbed-server';
import { samplePath } from '../../src/testing/sample-path';
import { DRIVERS, TestServer } from '../support/drivers';
import { reset } from '../support/reset';
import { loadExample, loadedExample, mute } from './support';

const EXAMPLES: Readonly<Record<string, () => RoutingControllersOptions>> = {
  notes: () => (loadExample('notes/options.ts') as typeof NotesOptions).options(),
  'notes-by-path': () => (loadExample('notes-by-path/options.ts') as typeof NotesOptions).options(),
  issuer: () => {
    const { notesOptions } = loadExample('issuer/app.ts') as typeof IssuerApp;
    const { Settings } = loadedExample('issuer/settings.ts') as typeof IssuerSettings;
    return notesOptions(new Settings('http://127.0.0.1:1', 'https://notes.example'));
  },
};

/** Each identity as it is explained, and as it is sent. */
const IDENTITIES: readonly (readonly [as: NonNullable<ExplainRequest['as']>, roles?: readonly string[]])[] = [
  ['anonymous'],
  [{ roles: [] }, []],
  ...['editor', 'admin', 'author'].map((role) => [{ roles: [role] }, [role]] as const),
];

for (const [name, load] of Object.entries(EXAMPLES)) {
  describe(`Explanations of the example ${name}`, () => {
    mute('info', 'warn', 'error');
    afterEach(reset);

    for (const driver of DRIVERS) {
      it(`are what a client gets on ${driver.name}, wherever they say allowed or refused`, async () => {
        const options = load();
        const { routes, identities } = await securityReport(options);
        await using server = await TestServer.start(stubActions(() => driver.build(options)));
        const counts = { allowed: 0, refused: 0, depends: 0 };
        for (const { method: declared, path: route, action } of routes) {
          const path = samplePath(route, {}) ?? '/';
          for (const [as, own] of IDENTITIES) {
            if (own?.some((role) => !identities.includes(`role ${role}`))) continue;
            const method = declared === 'ALL' ? 'POST' : declared;
            const headers = own === undefined ? {} : actingAs({ username: 'stated login', roles: [...own] });
            const { status, response, text } = await server.raw(path, { method, headers });
            const reached = response.headers[REACHED];
            for (const run of [false, true]) {
              const told = await explain(options, {
                ...{ method, path, as, run },
                driver: driver.isExpress ? 'express' : 'koa',
              });
              const where = `${method} ${path} ${JSON.stringify(as)} ${run ? 'run' : ''}`;
              counts[told.verdict] += 1;
              expect(told.route?.action, where).to.equal(action);
              if (run) expect(told.verdict, where).not.to.equal('depends');
              if (told.verdict === 'allowed') expect([status, reached], where).to.deep.equal([204, action]);
              if (told.verdict !== 'refused') continue;
              expect(reached, where).to.equal(undefined);
              if (told.status === undefined) continue;
              const { code } = JSON.parse(text) as { code: string };
              expect([told.status, told.code], where).to.deep.equal([status, code]);
            }
          }
        }
        expect(counts.allowed).to.be.greaterThan(2);
        expect(counts.refused).to.be.greaterThan(2);
      });
    }
  });
}

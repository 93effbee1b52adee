/** Each cell of the report beside what HTTP answers to that identity. */
import { expect } from 'chai';
import { securityReport } from 'securest';
import { actingAs } from 'securest/testing';
import type { RoutingControllersOptions } from 'routing-controllers';
import { StubbedServer } from '../../src/security/stubbed-server';
import { inspectOptions } from '../../src/security/inspection';
import { loadExample, mute } from './support';

const APPS: readonly [file: string, name: string][] = [
  ['notes/options.ts', 'notes'],
  ['notes-by-path/options.ts', 'notes by path'],
];

function headersOf(identity: string): Record<string, string> {
  if (identity === 'anonymous') return {};
  const role = /^role (.+)$/.exec(identity)?.[1];
  return actingAs({ username: 'somebody', roles: role === undefined ? [] : [role] });
}

for (const [file, name] of APPS) {
  for (const driver of ['koa', 'express'] as const) {
    describe(`The report of ${name} beside HTTP on ${driver}`, () => {
      mute('info', 'warn');

      it('says yes where an identity gets in, and no where it does not', async () => {
        const load = (): RoutingControllersOptions =>
          (loadExample(file) as { options: () => RoutingControllersOptions }).options();
        const report = await securityReport(load());
        const server = await StubbedServer.listen(inspectOptions(load()).stubbed(driver));
        const wrong: string[] = [];
        const told = { yes: 0, no: 0, depends: 0 };
        try {
          for (const { method, path, may } of report.routes) {
            if (method === '*' || !path.startsWith('/')) continue;
            const sent = path.replaceAll(/:\w+/g, '1');
            for (const identity of report.identities) {
              const cell = may[identity];
              expect(cell, `${method} ${path} ${identity}`).to.be.oneOf(['yes', 'no', 'depends']);
              if (cell === undefined) continue;
              told[cell] += 1;
              const { status, reached } = await server.request(method, sent, headersOf(identity));
              const isIn = reached !== undefined;
              if (cell === 'depends' || isIn === (cell === 'yes')) continue;
              wrong.push(`${method} ${path} as ${identity}: ${cell}, and ${String(status)}`);
            }
          }
        } finally {
          await server.close();
        }
        expect(wrong).to.deep.equal([]);
        expect(told.yes).to.be.greaterThan(5);
        expect(told.no).to.be.greaterThan(5);
      });
    });
  }
}

import { expect } from 'chai';
import type { Express } from 'express';
import express4 from 'express4';
import { securityReport } from 'securest';
import { describeAuthorization } from 'securest/testing';
import type * as ExpressApp from '../../example/notes-routers/express';
import type * as KoaApp from '../../example/notes-routers/koa';
import type * as NotesOptions from '../../example/notes-routers/options';
import type { Settings } from '../../example/notes/settings';
import { toLockFile } from '../../src/report/lock-file';
import { describeAccount, describeNotes } from './describe-notes';
import { loadedExample, loadExample, mute } from './support';

const onExpress = () => (loadExample('notes-routers/express.ts') as typeof ExpressApp).createApp;

describeNotes(
  'notes example on plain routers',
  [
    { name: 'Koa', load: () => (loadExample('notes-routers/koa.ts') as typeof KoaApp).createApp },
    {
      name: 'Express 4',
      load: () => {
        const createApp = onExpress();
        return (settings: Settings) => createApp(settings, express4() as unknown as Express);
      },
    },
    { name: 'Express 5', load: onExpress },
  ],
  describeAccount,
);

describe('notes example on plain routers, its guards', () => {
  it('are the same on Koa and Express', async () => {
    const { security } = loadExample('notes-routers/options.ts') as typeof NotesOptions;
    const onKoa = toLockFile(await securityReport(security()));
    const { addNotes } = loadedExample('notes-routers/express.ts') as typeof ExpressApp;
    const made = security((guarding) => {
      addNotes(express4() as unknown as Express, guarding);
    });
    expect(toLockFile(await securityReport(made))).to.equal(onKoa);
  });

  it('are named as their routes are, and no other route is open than those that should be', async () => {
    const { security } = loadExample('notes-routers/options.ts') as typeof NotesOptions;
    const { notesRouter } = loadedExample('notes-routers/koa.ts') as typeof KoaApp;
    const routes: string[] = [];
    const made = security((guarding) => {
      for (const { methods, path } of notesRouter(guarding).stack) {
        routes.push(
          ...methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${String(path)}`),
        );
      }
    });
    const guards = (await securityReport(made)).routes.map(({ path }) => path);
    expect(routes).to.have.members([...guards, 'GET /health']);
  });

  for (const driver of ['koa', 'express', 'node'] as const) {
    describe(`on ${driver}`, () => {
      mute('info');
      describeAuthorization(
        () => (loadExample('notes-routers/options.ts') as typeof NotesOptions).security(),
        {
          driver,
          users: {
            stranger: { username: 'stan' },
            editor: { username: 'eve', roles: ['editor'] },
            admin: { username: 'amy', roles: ['admin'] },
          },
          // No router has read a parameter before the guard, so nobody is the author.
          expected: { 'PUT /notes/:id': { stranger: false, editor: false, admin: true } },
        },
      );
    });
  }
});

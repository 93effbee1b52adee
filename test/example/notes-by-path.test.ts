import type { RoutingControllersOptions } from 'routing-controllers';
import { describeAuthorization } from 'securest/testing';
import type * as NotesOptions from '../../example/notes-by-path/options';
import { loadExample, mute } from './support';

const options = (): RoutingControllersOptions =>
  (loadExample('notes-by-path/options.ts') as typeof NotesOptions).options();

const EDITORS = { stranger: false, editor: true, admin: true, both: true };

for (const driver of ['koa', 'express'] as const) {
  describe(`notes by path on ${driver}`, () => {
    mute('info');
    describeAuthorization(options, {
      driver,
      users: {
        stranger: { username: 'stan' },
        editor: { username: 'eve', roles: ['editor'] },
        admin: { username: 'amy', roles: ['admin'] },
        both: { username: 'bob', roles: ['admin', 'editor'] },
      },
      expected: {
        'GET /me': EDITORS,
        'POST /token': EDITORS,
        'GET /notes/': EDITORS,
        'POST /notes/': EDITORS,
        'GET /notes/:id': EDITORS,
        'PUT /notes/:id': EDITORS,
        'DELETE /notes/:id': { stranger: false, editor: false, admin: true, both: false },
        'GET /reports/notes/': { stranger: false, editor: false, admin: true, both: true },
      },
    });
  });
}

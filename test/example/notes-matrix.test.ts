import type { RoutingControllersOptions } from 'routing-controllers';
import { describeAuthorization } from 'securest/testing';
import type * as NotesOptions from '../../example/notes/options';
import { loadExample, mute } from './support';

const options = (): RoutingControllersOptions =>
  (loadExample('notes/options.ts') as typeof NotesOptions).options();

for (const driver of ['koa', 'express'] as const) {
  describe(`notes example on ${driver}`, () => {
    mute('info');
    describeAuthorization(options, {
      driver,
      users: {
        stranger: { username: 'stan' },
        editor: { username: 'eve', roles: ['editor'] },
        admin: { username: 'amy', roles: ['admin'] },
      },
      // There is no note 1: an owner rule leaves it to the action to say so.
      expected: { 'PUT /notes/:id': { editor: true, admin: true } },
    });
  });
}

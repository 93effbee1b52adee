/** What an app's own tests do: ask it, and have its authorization matrix described. */
import { describeAuthorization, type TestRunner } from 'securest/testing';
import { koaApp, options, serve } from './app.js';
import { ask } from './ask.js';

/** @param runner a test runner's functions; without them those that are global */
export function describeApp(runner?: TestRunner): void {
  const globals: unknown = globalThis;
  const { describe, it } = runner ?? (globals as TestRunner);

  describe('The app', () => {
    it('is secured', async () => {
      const { url, close } = await serve(koaApp());
      try {
        await ask(url);
      } finally {
        close();
      }
    });
  });

  describeAuthorization(options, {
    users: { reader: { username: 'rob' }, editor: { username: 'eve', roles: ['editor'] } },
    ...(runner === undefined ? {} : { runner }),
  });
}

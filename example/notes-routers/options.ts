/** The app's security for tools: `securest report` and the authorization matrix. No server is started. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Koa from 'koa';
import type { Security } from 'securest/routers';
import { Settings } from '../notes/settings';
import { addNotes } from './koa';
import { notesSecurity } from './security';

/** Access does not depend on the data: an empty folder with the roles of the demo is enough. */
export function security(
  addRoutes: (made: Security) => unknown = (made) => addNotes(new Koa(), made),
): Security {
  const folder = mkdtempSync(join(tmpdir(), 'notes-report-'));
  writeFileSync(join(folder, 'users.yaml'), 'users: [{ username: admin, roles: [admin] }]\n');
  const made = notesSecurity(new Settings(folder, 'x'.repeat(48)));
  addRoutes(made); // creates the guards
  return made;
}

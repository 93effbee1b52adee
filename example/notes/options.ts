/** The app's options for tools: `securest report` and the authorization matrix. No server is started. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notesOptions } from './app';
import { Settings } from './settings';

/** Access does not depend on the data: an empty folder with the roles of the demo is enough. */
export function options() {
  const folder = mkdtempSync(join(tmpdir(), 'notes-report-'));
  writeFileSync(join(folder, 'users.yaml'), 'users: [{ username: admin, roles: [admin] }]\n');
  return notesOptions(new Settings(folder, 'x'.repeat(48)));
}

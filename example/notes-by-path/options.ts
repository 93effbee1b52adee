/** The app's options for `securest report`. No server is started. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../notes/settings';
import { notesOptions } from './app';

/** Access does not depend on the data: an empty folder with the roles of the demo is enough. */
export function options() {
  const folder = mkdtempSync(join(tmpdir(), 'notes-report-'));
  const users = 'users: [{ username: admin, roles: [admin] }, { username: editor, roles: [editor] }]\n';
  writeFileSync(join(folder, 'users.yaml'), users);
  return notesOptions(new Settings(folder, 'x'.repeat(48)));
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { updateEndingTokens } from '../../../src/cli/end-tokens';
import { acquireLock } from '../../../src/files/edit-lock';
import { FileUserDirectory } from '../../../src/userstores/file-directory';
import { eventually } from '../../support/eventually';

describe('updateEndingTokens', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'users.yaml');
    writeFileSync(path, 'users:\n  - username: ann\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('ends the tokens that were issued while it waited for another who edits the file', async () => {
    const directory = new FileUserDirectory({ path });
    const lock = await acquireLock(join(folder, '.users.yaml.lock'), 0);
    const start = Date.now();
    const change = updateEndingTokens(directory, 'ann', { active: false });
    await eventually(() => Date.now() > start + 50);
    const issued = Date.now();
    lock.release();
    const moment = await change;
    expect(moment?.getTime()).to.be.at.least(issued);
    expect(await directory.get('ann')).to.deep.equal({
      username: 'ann',
      active: false,
      tokensValidFrom: moment,
    });
  });

  it('tells of a user that there is not', async () => {
    expect(await updateEndingTokens(new FileUserDirectory({ path }), 'eve', {})).to.equal(undefined);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { updateEndingTokens } from '../../../src/cli/end-tokens';
import { acquireLock } from '../../../src/files/edit-lock';
import { FileUserstore } from '../../../src/userstores/file/file-userstore';
import { FileUserDirectory } from '../../../src/userstores/file/file-directory';
import { eventually } from '../../support/eventually';

const NOW = Date.UTC(2026, 4, 1, 10);

describe('updateEndingTokens', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    path = join(folder, 'users.yaml');
    writeFileSync(path, 'users:\n  - username: ann\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('takes the time at which the file is its own, not the one at which it began to wait', async () => {
    let now = NOW;
    const lock = await acquireLock(join(folder, '.users.yaml.lock'), 0);
    const change = updateEndingTokens(new FileUserDirectory({ path }), 'ann', { active: false }, () => now);
    now = NOW + 5000;
    lock.release();
    const moment = await change;
    expect(moment?.getTime()).to.equal(NOW + 5000);
    expect(await new FileUserDirectory({ path }).get('ann')).to.deep.equal({
      username: 'ann',
      active: false,
      tokensValidFrom: moment,
    });
  });

  it('gives another time at each change, also within a millisecond and with the clock set back', async () => {
    const directory = new FileUserDirectory({ path });
    const seen: number[] = [];
    for (const now of [NOW, NOW, NOW + 1, NOW - 86_400_000]) {
      const moment = await updateEndingTokens(directory, 'ann', { password: `hash${now}` }, () => now);
      expect((await directory.get('ann'))?.tokensValidFrom).to.deep.equal(moment);
      seen.push(moment?.getTime() ?? 0);
    }
    expect(seen).to.deep.equal([0, 1000, 2000, 3000].map((ms) => NOW + ms));
  });

  it('gives many at once times of their own', async () => {
    const changes = Array.from({ length: 5 }, () =>
      updateEndingTokens(new FileUserDirectory({ path }), 'ann', { active: false }, () => NOW),
    );
    const moments = (await Promise.all(changes)).map((moment) => moment?.getTime());
    expect([...moments].sort()).to.deep.equal([0, 1000, 2000, 3000, 4000].map((ms) => NOW + ms));
  });

  it('goes past a time in the far future, the year 9999 too', async () => {
    for (const [last, next] of [
      ['2099-01-01T00:00:00Z', '2099-01-01T00:00:01.000Z'],
      ['9999-12-31T23:59:59Z', '+010000-01-01T00:00:00.000Z'],
    ] as const) {
      writeFileSync(path, `users:\n  - username: ann\n    tokensValidFrom: ${last}\n`);
      const moment = await updateEndingTokens(new FileUserDirectory({ path }), 'ann', {}, () => NOW);
      expect(moment?.toISOString()).to.equal(next);
      expect((await new FileUserDirectory({ path }).get('ann'))?.tokensValidFrom).to.deep.equal(moment);
    }
  });

  it('is seen by the store of a running app, which had the time of before until then', async () => {
    writeFileSync(
      path,
      'users:\n  - username: ann\n    password: old\n    tokensValidFrom: 2026-05-01T10:00:00Z\n',
    );
    const running = new FileUserstore({ path, pollMs: 5 });
    try {
      const before = running.getUser('ann');
      const directory = new FileUserDirectory({ path });
      const moment = await updateEndingTokens(directory, 'ann', { password: 'new' }, () => NOW);
      await eventually(() => running.getUser('ann')?.password === 'new');
      expect(before?.tokensValidFrom).to.deep.equal(new Date(NOW));
      expect(running.getUser('ann')?.tokensValidFrom).to.deep.equal(moment);
      expect(moment?.getTime()).to.equal(NOW + 1000);
    } finally {
      running.close();
    }
  });

  it('returns undefined when there is no such user', async () => {
    expect(await updateEndingTokens(new FileUserDirectory({ path }), 'eve', {})).to.equal(undefined);
  });
});

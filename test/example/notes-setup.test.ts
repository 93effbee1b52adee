import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setup } from '../../example/notes/setup';

describe('notes example: setup', () => {
  let parent: string;
  let folder: string;

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'notes-setup-'));
    folder = join(parent, 'data');
  });
  after(() => rm(parent, { recursive: true }));

  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  it('makes secrets and users at the first start, which only the owner can read', async () => {
    const demo = await setup(folder);
    expect(demo.firstStart).to.equal(true);
    expect(await readdir(folder)).to.have.members(['secrets.json', 'users.yaml']);
    expect(await modeOf(folder)).to.equal(0o700);
    expect(await modeOf(join(folder, 'secrets.json'))).to.equal(0o600);
    expect(await modeOf(join(folder, 'users.yaml'))).to.equal(0o600);
  });

  it('finds the same secrets and users at the next start', async () => {
    const first = await setup(folder);
    const users = await readFile(join(folder, 'users.yaml'), 'utf8');
    const next = await setup(folder);
    expect(next.firstStart).to.equal(false);
    expect(next.logins).to.deep.equal(first.logins);
    expect(next.settings).to.deep.equal(first.settings);
    expect(await readFile(join(folder, 'users.yaml'), 'utf8')).to.equal(users);
  });

  it('has no password in the user file', async () => {
    const { logins } = await setup(folder);
    const users = await readFile(join(folder, 'users.yaml'), 'utf8');
    for (const password of Object.values(logins)) expect(users).to.not.contain(password);
    expect(users.match(/\$2b\$12\$/g)).to.have.length(3);
  });

  it('makes other secrets in another folder', async () => {
    const one = await setup(folder);
    const other = await setup(join(parent, 'other'));
    expect(other.settings.tokenSecret).to.not.equal(one.settings.tokenSecret);
    expect(other.logins.admin).to.not.equal(one.logins.admin);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { createSecurity, MemoryUserstore, Public } from '../../../src';
import { runCli } from '../../../src/cli/run-cli';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', roles: ['editor'] }] });
  }
}

/** The module that the command loads finds its options here. */
const shared = globalThis as { reportOptions?: unknown };

function options(): object {
  @JsonController()
  class Notes {
    @Public() @Get('/health') health() {}
    @Authorized('editor') @Get('/notes') list() {}
    @Authorized('admin') @Get('/admin') admin() {}
  }
  const security = createSecurity({
    logger: new MemoryLogger(),
    providers: [provider('p', () => null)],
    userstores: [Users],
  });
  return security.secure({ controllers: [Notes] });
}

describe('securest report, its formats and filters', () => {
  let folder: string;
  let module: string;

  beforeEach(() => {
    reset();
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    module = join(folder, 'options.cjs');
    writeFileSync(module, 'module.exports = { options: globalThis.reportOptions };');
    shared.reportOptions = options();
  });
  afterEach(() => {
    delete shared.reportOptions;
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]) {
    let [out, err] = ['', ''];
    const code = await runCli(['report', module, ...args], {
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { code, out, err };
  }

  it('prints a page, a picture, a table, Markdown or JSON', async () => {
    const starts = {
      html: '<!doctype html>',
      svg: '<svg ',
      table: '3 routes: 1 open, 2 more than a login\n',
      markdown: '| method |',
      json: '{\n  "identities"',
    };
    for (const [format, start] of Object.entries(starts)) {
      const { code, out } = await run('--format', format);
      expect([code, out.slice(0, start.length)]).to.deep.equal([0, start]);
    }
  });

  it('writes to a file', async () => {
    const file = join(folder, 'report.html');
    const { code, out } = await run('--format', 'html', '--out', file);
    expect([code, out]).to.deep.equal([0, `3 routes written to ${file}\n`]);
    expect(readFileSync(file, 'utf8')).to.match(/^<!doctype html>.*<\/html>\n$/s);
  });

  it('asks about users, and exits with 2 for one whom no store has', async () => {
    const { out } = await run('--user', 'ann', '--format', 'json');
    const { identities } = JSON.parse(out) as { identities: string[] };
    expect(identities.at(-1)).to.equal('user ann');
    const unknown = await run('--user', 'zoe');
    expect([unknown.code, unknown.out]).to.deep.equal([2, '']);
    expect(unknown.err).to.include('zoe');
  });

  it('shows only what is asked for, in each format', async () => {
    const paths = async (...args: string[]) => {
      const { out } = await run('--format', 'json', ...args);
      return (JSON.parse(out) as { routes: { path: string }[] }).routes.map(({ path }) => path);
    };
    expect(await paths('--only', 'open')).to.deep.equal(['/health']);
    expect(await paths('--only', 'role:admin')).to.deep.equal(['/health', '/admin']);
    expect(await paths('--only', 'user:ann')).to.deep.equal(['/health', '/notes']);
    expect((await run('--only', 'open')).out).to.not.include('/notes');
  });

  it('marks and shows what changed since the lock file was written', async () => {
    const lock = join(folder, 'lock.json');
    await run('--update', lock);
    expect((await run('--lock', lock, '--only', 'changed')).out).to.equal('0 routes\n\n');
    writeFileSync(lock, readFileSync(lock, 'utf8').replace('role editor', 'role reader'));
    const { out } = await run('--lock', lock, '--only', 'changed');
    expect(out).to.include('/notes').and.to.not.include('/admin');
    const page = await run('--lock', lock, '--format', 'html');
    expect(page.out).to.include('role reader -&gt; role editor');
  });

  it('exits with 2 for invalid usage', async () => {
    for (const args of [
      ['--only', 'changed'],
      ['--only', 'role:nobody'],
      ['--only', 'x'],
      ['--group', 'x'],
      ['--lock', join(folder, 'none.json')],
    ]) {
      expect((await run(...args)).code, args.join(' ')).to.equal(2);
    }
  });

  it('prints colours only where they are asked for, as no terminal reads it', async () => {
    expect((await run()).out).to.not.include('\u001b');
    expect((await run('--color')).out).to.include('\u001b[31mopen');
  });
});

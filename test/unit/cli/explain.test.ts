import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { createSecurity, MemoryUserstore, Public, type SecurityOptions, securityOf } from '../../../src';
import { runCli } from '../../../src/cli/run-cli';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [{ username: 'ann', roles: ['editor', 'staff'] }] });
  }
}

/** The module that the command loads finds its options here. */
const shared = globalThis as { explainedOptions?: unknown };

function options(skip?: SecurityOptions['skip']) {
  const isOpen = (): boolean => true;
  @JsonController()
  class Notes {
    @Public() @Get('/health') health() {}
    @Authorized('editor') @Get('/notes/:id') one() {}
    @Authorized('staff') @Authorized(isOpen) @Get('/notes/mine') mine() {}
    @Authorized('staff') @Authorized(isOpen) @Get('/staff') staff() {}
  }
  const security = createSecurity({
    logger: new MemoryLogger(),
    providers: [provider('Password', () => null)],
    userstores: [Users],
    ...(skip && { skip }),
  });
  return security.secure({ controllers: [Notes] });
}

describe('securest explain', () => {
  let folder: string;
  let module: string;
  let made: ReturnType<typeof options>;

  beforeEach(() => {
    reset();
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    module = join(folder, 'options.cjs');
    writeFileSync(module, 'module.exports = { options: globalThis.explainedOptions };');
    shared.explainedOptions = made = options();
  });
  afterEach(() => {
    delete shared.explainedOptions;
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]) {
    let [out, err] = ['', ''];
    const code = await runCli(['explain', module, ...args], {
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { code, out, err };
  }

  it('says who is refused and why, and exits with 1', async () => {
    expect(await run('get', '/notes/7?token=canary')).to.deep.equal({
      code: 1,
      out: `GET /notes/7 by a client without credentials: refused with 401 authentication_required, by role editor (Notes.one)
The route is GET /notes/:id (Notes.one).
Each of these must hold:
  no       role editor, from Notes.one
`,
      err: '',
    });
    const { code, out } = await run('GET', '/notes/7', '--as', 'staff, reader');
    expect([code, out.split('\n')[0]]).to.deep.equal([
      1,
      'GET /notes/7 by a user with the roles staff, reader: refused with 403 access_denied, by role editor (Notes.one)',
    ]);
  });

  it('says what is allowed, and which routes are hidden, and exits with 0', async () => {
    const heads: [number, string, ...string[]][] = [
      [0, 'GET /health by a client without credentials: allowed', '/health', '--anonymous'],
      [0, 'GET /notes/mine by the user ann: allowed', '/notes/mine', '--user', 'ann'],
    ];
    for (const [code, head, ...args] of heads) {
      const told = await run('GET', ...args);
      expect([told.code, told.out.split('\n')[0]]).to.deep.equal([code, head]);
    }
    expect((await run('GET', '/health')).out).to.include('\nNothing guards it.\n');
    expect((await run('GET', '/notes/mine')).out).to.include(
      '\nIt hides the later route GET /notes/mine (Notes.mine).\n',
    );
  });

  it('says what it depends on, exits with 1, and asks with --run', async () => {
    const before = await run('GET', '/staff', '--user', 'ann');
    expect(before.code).to.equal(1);
    expect(before.out)
      .to.match(/: it depends\n/)
      .and.match(/^ {2}depends {2}policy isOpen, from Notes\.staff$/m);
    expect(before.out).to.include("Use --run to call the app's own code as well.");
    const after = await run('GET', '/staff', '--user', 'ann', '--run', '--driver', 'express');
    expect(after.code).to.equal(0);
    expect(after.out).to.include('\nstated login says authenticated.\n').and.not.include('--run');
  });

  it('names a skip hook, and what it did with --run', async () => {
    reset();
    shared.explainedOptions = made = options(({ method }) => method === 'HEAD');
    const [may, lets] = ['may let', 'lets'].map(
      (verb) => `The app's skip hook ${verb} the request past them.`,
    );
    expect((await run('HEAD', '/staff')).out).to.include(may);
    expect((await run('HEAD', '/staff', '--run')).out)
      .to.include(': allowed\n')
      .and.include(lets);
    expect((await run('GET', '/staff', '--run')).out).not.to.include('skip hook');
    securityOf(made).guard('admin', { name: 'files' });
    expect((await run('GET', '/nowhere')).out).to.include(may);
  });

  it('names guards where no action serves the request', async () => {
    const none = await run('GET', '/nowhere', '--as', '');
    expect(none.out).to.equal(
      'GET /nowhere by a user without roles: it depends\nNo action serves this request.\n',
    );
    securityOf(made).guard('admin', { name: 'files' });
    expect((await run('GET', '/nowhere', '--as', '')).out).to.include(
      '\n  no       role admin, from guard files\n',
    );
  });

  it('prints JSON', async () => {
    const { code, out } = await run('GET', '/notes/7', '--as', 'editor', '--json');
    const told = JSON.parse(out) as { verdict: string; route: { path: string } };
    expect([code, told.verdict, told.route.path]).to.deep.equal([0, 'allowed', '/notes/:id']);
  });

  it('exits with 2 for what it cannot explain', async () => {
    for (const args of [
      [],
      ['GET'],
      ['GET', '/x', 'more'],
      ['GET', 'x'],
      ['FETCH', '/x'],
      ['GET', '/x', '--driver', 'fastify'],
      ['GET', '/x', '--as', 'a', '--user', 'ann'],
      ['GET', '/x', '--anonymous', '--as', 'a'],
      ['GET', '/x', '--as', 'a,,b'],
      ['GET', '/x', '--user', 'zoe'],
      ['GET', '/x', '--user', ''],
    ]) {
      const { code, out, err } = await run(...args);
      expect([code, out], args.join(' ')).to.deep.equal([2, '']);
      expect(err).not.to.equal('');
    }
  });
});

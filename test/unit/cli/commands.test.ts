import { expect } from 'chai';
import { COMMANDS } from '../../../src/cli/commands';
import { runCli } from '../../../src/cli/run-cli';

async function run(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

describe('The list of commands', () => {
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    it(`finds ${name} by its name, and its usage says how it is called`, async () => {
      const { code, out, err } = await run(...name.split(' '), '--help');
      expect({ code, err, out }).to.deep.equal({ code: 0, err: '', out: load().usage });
      expect(out).to.match(new RegExp(`^Usage: securest ${name}\\b`));
    });
  }

  it('is the usage text, each command with its summary', async () => {
    const { code, out } = await run('--help');
    expect(code).to.equal(0);
    for (const [name, { summary }] of Object.entries(COMMANDS)) {
      expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).to.deep.include([name, summary]);
    }
  });

  for (const args of [
    [],
    ['user'],
    ['add'],
    ['user add'],
    ['User', 'add'],
    ['toString'],
    ['user', 'toString'],
  ]) {
    it(`has no command for ${JSON.stringify(args)}: usage on stderr, exit code 2`, async () => {
      const { code, out, err } = await run(...args);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.match(/^Usage: securest <command>/);
    });
  }

  it('finds a new entry by the longest of its words', async () => {
    const commands = COMMANDS as Record<string, (typeof COMMANDS)[string]>;
    const added = (name: string) => ({
      summary: name,
      load: () => ({
        usage: '',
        options: {},
        run: ({ positionals }: { positionals: readonly string[] }) =>
          Promise.resolve({ code: 0 as const, text: `${name} (${positionals.join()})`, json: null }),
      }),
    });
    Object.assign(commands, {
      'example list': added('example list'),
      'example list all': added('example list all'),
    });
    try {
      expect((await run('example', 'list', 'x')).out).to.equal('example list (x)');
      expect((await run('example', 'list', 'all', 'x')).out).to.equal('example list all (x)');
      expect((await run('key')).code).to.equal(2);
    } finally {
      delete commands['example list'];
      delete commands['example list all'];
    }
  });
});

/**
 * The command line: `securest <command>`. Each command is a file of this folder.
 */
import { parseArgs } from 'node:util';
import { UserRefusedError } from '../core/user-directory';
import { printable } from '../util/printable';
import { type Call, type Command, type ExitCode, type Input, RefusedError, UsageError } from './command';
import { COMMANDS } from './commands';
import { ownVersion } from './own-manifest';

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
const PASSWORD_OPTION = /^--?(?:p|pw|pass|passwd|password)(?:=|$)/i;

/** The outputs of the command. */
export interface Output {
  readonly out: (text: string) => unknown;
  readonly err: (text: string) => unknown;
  /** @default the standard input of the process */
  readonly input?: Input;
}

/** Runs a command. @returns the exit code: 0 done, 1 refused or a check found a change, 2 any other failure */
export async function runCli(args: readonly string[], output: Output): Promise<ExitCode> {
  const isJson = args.includes('--json');
  const fail = (error: unknown): ExitCode => {
    const message = printable(error instanceof Error ? error.message : String(error), 2000);
    if (isJson) output.out(`${JSON.stringify({ error: message })}\n`);
    output.err(`securest: ${message}\n`);
    return error instanceof RefusedError || error instanceof UserRefusedError ? 1 : 2;
  };
  if (args[0] === '--version') {
    const version = ownVersion();
    output.out(isJson ? `${JSON.stringify({ version }, null, 2)}\n` : `${version}\n`);
    return 0;
  }
  const name = commandIn(args);
  const entry = name === undefined ? undefined : COMMANDS[name];
  if (name === undefined || entry === undefined) {
    const isAsked = args.includes('--help');
    output[isAsked ? 'out' : 'err'](usage());
    if (isJson && !isAsked) output.out(`${JSON.stringify({ error: 'Unknown command' })}\n`);
    return isAsked ? 0 : 2;
  }
  try {
    const command = entry.load();
    try {
      const call = parse(command, args.slice(name.split(' ').length), output.input ?? process.stdin);
      if (call.flag('help')) {
        output.out(command.usage);
        return 0;
      }
      const { code, text, json, notice } = await command.run(call);
      output.out(isJson ? `${JSON.stringify(json, null, 2)}\n` : text);
      if (notice !== undefined) output.err(notice);
      return code;
    } catch (error) {
      if (error instanceof UsageError) output.err(command.usage);
      return fail(error);
    }
  } catch (error) {
    return fail(error);
  }
}

/** The longest command name at the beginning of the arguments. */
function commandIn(args: readonly string[]): string | undefined {
  return Object.keys(COMMANDS)
    .filter((name) => name.split(' ').every((word, at) => args[at] === word))
    .toSorted((one, other) => other.length - one.length)[0];
}

function parse(command: Command, args: readonly string[], input: Input): Call {
  if (args.some((arg) => PASSWORD_OPTION.test(arg))) {
    throw new UsageError(
      'A password on the command line can be read by everybody on the machine, and stays in the history of the ' +
        'shell: type it when asked, or use --password-stdin',
    );
  }
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...command.options, ...COMMON },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const values: Readonly<Record<string, unknown>> = parsed.values;
  return {
    positionals: parsed.positionals,
    input,
    flag: (option) => values[option] === true,
    text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
    texts: (option) => (Array.isArray(values[option]) ? (values[option] as string[]) : []),
  };
}

function usage(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(({ length }) => length));
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`,
  );
  return `Usage: securest <command> [options]

Commands:
${lines.join('')}
securest --version prints the version. Every command takes --help and --json. Exit codes: 0 done, 1 refused or a check found a change, 2 any other failure.
`;
}

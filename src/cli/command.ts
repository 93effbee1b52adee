/** What every command is made of. */
import type { ParseArgsConfig } from 'node:util';

export type ExitCode = 0 | 1 | 2;
export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** The arguments of a call, all of them known to the command. */
export interface Call {
  readonly positionals: readonly string[];
  flag(option: string): boolean;
  text(option: string): string | undefined;
  /** Of an option that may be given several times. */
  texts(option: string): readonly string[];
}

/** The result of a command: never a password that somebody chose, and a hash only from the command that makes it. */
export interface Outcome {
  /** 1: refused, or a check found a change. */
  readonly code: 0 | 1;
  readonly text: string;
  /** What `--json` prints in place of the text. */
  readonly json: unknown;
  /** For the user at the terminal, beside the result. */
  readonly notice?: string;
}

export interface Command {
  readonly usage: string;
  readonly options: OptionsConfig;
  /** @throws {UsageError} for invalid arguments; any other error when it fails */
  run(call: Call): Promise<Outcome>;
}

/** Invalid usage of a command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was called correctly, and refuses. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** As many positionals as it takes. A user name may be empty: no user has it. @throws {UsageError} for more or fewer */
export function positionals(call: Call, ...names: readonly string[]): string[] {
  const given = call.positionals;
  if (given.length === names.length && given.every((value, at) => value !== '' || names[at] === 'username'))
    return [...given];
  const expected = names.length === 0 ? 'no arguments' : names.map((name) => `<${name}>`).join(' ');
  throw new UsageError(`Expected ${expected}`);
}

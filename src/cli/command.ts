/** What every command is made of. */
import type { ParseArgsConfig } from 'node:util';

export type ExitCode = 0 | 1 | 2;
export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** What a command was called with, checked to be options that it has. */
export interface Call {
  readonly positionals: readonly string[];
  flag(option: string): boolean;
  text(option: string): string | undefined;
  /** Of an option that may be given several times. */
  texts(option: string): readonly string[];
}

/** What a command has to say: never a password, and a hash only where that is what was asked for. */
export interface Outcome {
  /** 1: it cannot be, or a check found something. */
  readonly code: 0 | 1;
  readonly text: string;
  /** What `--json` prints in place of the text. */
  readonly json: unknown;
  /** For the one at the terminal, beside the result. */
  readonly notice?: string;
}

export interface Command {
  readonly usage: string;
  readonly options: OptionsConfig;
  /** @throws {UsageError} for arguments that it has no use for; any other error for what could not be done */
  run(call: Call): Promise<Outcome>;
}

/** The command was called in a way that it does not have. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for cannot be, though it was asked for rightly. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** As many positionals as it takes. A user name may be empty: no user has it. @throws {UsageError} for more or fewer */
export function positionals(call: Call, ...names: readonly string[]): string[] {
  const given = call.positionals;
  if (given.length === names.length && given.every((value, at) => value !== '' || names[at] === 'username'))
    return [...given];
  throw new UsageError(`Expected ${names.map((name) => `<${name}>`).join(' ')}`);
}

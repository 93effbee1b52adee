/** The interface of every command. */
import type { ParseArgsConfig } from 'node:util';

export type ExitCode = 0 | 1 | 2;
/** Standard input, which is a terminal or not. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** The arguments of a call, all of them known to the command. */
export interface Call {
  readonly positionals: readonly string[];
  /** Standard input. */
  readonly input: Input;
  flag(option: string): boolean;
  text(option: string): string | undefined;
  /** The values of an option that may be given several times. */
  texts(option: string): readonly string[];
}

/** The result of a command. It never holds a password that a user chose; only the command `hash` prints a hash. */
export interface Outcome {
  /** 1: refused, or a check found a change. */
  readonly code: 0 | 1;
  readonly text: string;
  /** The value that `--json` prints in place of the text. */
  readonly json: unknown;
  /** A message for the user at the terminal, printed on standard error. */
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

/** The command was called correctly, but refuses. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/**
 * The positional arguments. A user name may be empty: no user has it.
 * @throws {UsageError} for too many or too few, and for an empty argument
 */
export function positionals(call: Call, ...names: readonly string[]): string[] {
  const given = call.positionals;
  if (given.length === names.length && given.every((value, at) => value !== '' || names[at] === 'username'))
    return [...given];
  const expected = names.length === 0 ? 'no arguments' : names.map((name) => `<${name}>`).join(' ');
  throw new UsageError(`Expected ${expected}`);
}

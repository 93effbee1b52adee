import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { type Call, type Input, UsageError } from './command';

const MAX_BYTES = 4096;

export const PASSWORD_OPTIONS = { 'password-stdin': { type: 'boolean' } } as const;
export const PASSWORD_USAGE =
  '  --password-stdin  read the password from standard input, without its last line break';

/**
 * Reads a password without showing it: typed twice at the terminal, or all of standard input with `--password-stdin`.
 * @throws {UsageError} without a terminal and `--password-stdin`
 */
export async function readPassword(call: Call): Promise<string> {
  if (call.flag('password-stdin')) return readInput(call.input);
  if (!call.input.isTTY) {
    throw new UsageError('No terminal to ask for the password: use --password-stdin');
  }
  const [password, again] = await ask(call.input, 'Password: ', 'Again: ');
  if (password !== again) throw new Error('The two passwords differ: nothing was changed');
  return password ?? '';
}

async function readInput(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('The password is too long');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    return text.replace(/\r?\n$/, '');
  } catch {
    throw new Error('The password is not valid UTF-8');
  }
}

/** Asks the questions in turn, at the terminal even if the output is redirected. @throws when it is interrupted */
async function ask(input: Input, ...questions: readonly string[]): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  const answers: string[] = [];
  try {
    return await new Promise((settle, refuse) => {
      lines.on('line', (line) => {
        process.stderr.write('\n');
        answers.push(line);
        if (answers.length === questions.length) settle(answers);
        else process.stderr.write(questions[answers.length] ?? '');
      });
      lines.on('close', () => {
        refuse(new Error('Interrupted: nothing was changed'));
      });
      process.stderr.write(questions[0] ?? '');
    });
  } finally {
    lines.close();
  }
}

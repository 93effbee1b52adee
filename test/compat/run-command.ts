/** Commands of builds and cells as processes of their own. */
import { spawn } from 'node:child_process';
import { ask } from './app/ask';

/** Longer than any command takes on a busy machine. */
const TIMEOUT_MS = 10 * 60_000;
const SHOWN = 4000;

const running = new Set<Running>();
let isStopped = false;

interface Running {
  /** Resolves with the first match that the process prints; rejects when it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when the process ended with 0; rejects with what it printed when it ended otherwise. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Without what the npm that runs this says of itself; Yarn has a registry of its own unless it is told. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_(registry|cache|cafile)$)/i.test(name) && name !== 'NODE_OPTIONS',
  );
  const registry = process.env['npm_config_registry'] ?? 'https://registry.npmjs.org/';
  return {
    ...Object.fromEntries(kept),
    npm_config_registry: registry,
    YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ''),
    NODE_ENV: 'test',
    CI: 'true',
  };
}

function run(words: readonly string[], cwd: string): Running {
  if (isStopped) throw new Error('stopped');
  const [file = '', ...args] = words;
  const child = spawn(file, args, {
    cwd,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    // What a package manager starts ends with it.
    detached: true,
  });
  let output = '';
  let listener = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      listener();
    });
  }
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (how: string): void =>
      reject(new Error(`${words.join(' ')} ${how}\n${output.slice(-SHOWN).trim()}`));
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(`ended with ${String(signal ?? code)}`);
    });
  });
  const command: Running = {
    ended,
    printed: (pattern) =>
      Promise.race([
        new Promise<RegExpExecArray>((resolve) => {
          listener = () => {
            const match = pattern.exec(output);
            if (match) resolve(match);
          };
          listener();
        }),
        ended.then(() => {
          throw new Error(`${words.join(' ')} ended without serving\n${output.slice(-SHOWN).trim()}`);
        }),
      ]),
    stop() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, 'SIGKILL');
      }
    },
  };
  running.add(command);
  const forget = (): void => void running.delete(command);
  ended.then(forget, forget);
  return command;
}

/** Ends what runs, and whatever is to run fails. */
export function stopAll(): void {
  isStopped = true;
  for (const command of running) command.stop();
}

/** @throws Error with what the command printed, unless it ends with 0 */
export async function runToEnd(words: readonly string[], cwd: string): Promise<void> {
  await run(words, cwd).ended;
}

/** Starts the app, asks it, and ends it. */
export async function runAndAsk(words: readonly string[], cwd: string): Promise<void> {
  const app = run(words, cwd);
  try {
    const [, url = ''] = await app.printed(/^listening on (http:\S+)$/m);
    await ask(url);
  } finally {
    app.stop();
  }
}

/**
 * Fails the run after an unhandled rejection or an uncaught exception, in any test or between tests: each would have
 * ended an app's process. Mocha itself does not notice rejections.
 */
import type { Context, RootHookObject } from 'mocha';

/** The place of each error, without its message, which could quote a secret. */
const heard: string[] = [];
let test = 'no test';
let isOver = false;

function hear(kind: string, reason: unknown): void {
  const fault = `${kind} of ${nameOf(reason)} during "${test}"${placeOf(reason)}`;
  // No hook is left to report it, so it ends the process.
  if (isOver) throw new Error(`After the last test: ${fault}`);
  heard.push(fault);
}

// Mocha emits each rejection a second time.
const known = new WeakSet<Promise<unknown>>();
process.on('unhandledRejection', (reason, promise) => {
  if (known.has(promise)) return;
  known.add(promise);
  hear('rejection', reason);
});
process.on('uncaughtExceptionMonitor', (error, origin) => {
  if (!isOver && origin === 'uncaughtException') hear('exception', error);
});

export const mochaHooks: RootHookObject = {
  // Mocha's parallel processes run them around each file.
  beforeAll() {
    isOver = false;
  },
  beforeEach(this: Context) {
    test = this.currentTest?.fullTitle() ?? test;
  },
  async afterAll() {
    // Rejections of the last turns of the event loop are reported only after these turns.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resume) => setImmediate(resume));
    isOver = true;
    const unhandled = heard.splice(0);
    if (unhandled.length > 0) throw new Error(`${unhandled.length} unhandled:\n${unhandled.join('\n')}`);
  },
};

function nameOf(reason: unknown): string {
  try {
    return reason instanceof Error ? reason.constructor.name : typeof reason;
  } catch {
    return 'a hostile value';
  }
}

/** The first lines of the stack that name a place. */
function placeOf(reason: unknown): string {
  try {
    const lines = reason instanceof Error ? String(reason.stack).split('\n') : [];
    const places = lines.filter((line) => /^\s+at .*\d+:\d+\)?$/.test(line));
    return places
      .slice(0, 3)
      .map((line) => `\n  ${line.trim()}`)
      .join('');
  } catch {
    return '';
  }
}

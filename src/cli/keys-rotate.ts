import { fileKeys, readKeys } from '../tokens/key-file-text';
import { FileFault } from '../files/file-fault';
import { rotateKeys, type Rotation, signsThroughout } from '../tokens/rotate-keys';
import { type Command, positionals, RefusedError } from './command';
import { ALGORITHM_USAGE, algorithmIn, durationIn, editKeyFile } from './key-file-edit';

const HOUR_MS = 3_600_000;

export const keysRotate: Command = {
  usage: `Usage: securest keys rotate <file> [options]

Adds a key that begins to sign in one hour, so that all verifiers of tokens know it by then. The present key is accepted
for another 24 hours. Keys that have ended are removed. Apps with the file as a KeyFile read it without a restart.

Options:
  --in <time>       the time until the new key signs, such as 30m; at least the time that verifiers cache keys
                    (default: 1h)
  --keep <time>     how long the present key is accepted after that; at least the lifetime of tokens (default: 24h)
  ${ALGORITHM_USAGE}  default: that of the present key
  --json            print one JSON document
`,
  options: { in: { type: 'string' }, keep: { type: 'string' }, algorithm: { type: 'string' } },

  async run(call) {
    const [file = ''] = positionals(call, 'file');
    const algorithm = algorithmIn(call);
    const [startMs, keepMs] = [durationIn(call, 'in', HOUR_MS), durationIn(call, 'keep', 24 * HOUR_MS)];
    let done: (Rotation & { signFrom: string; until: string }) | undefined;
    await editKeyFile(file, false, (text) => {
      if (text === undefined) throw new FileFault('cannot be read (ENOENT)');
      const now = Date.now();
      const [signFrom, until] = [now + startMs, now + startMs + keepMs];
      const keys = fileKeys(text);
      const { times } = readKeys(keys, now, true);
      const rotation = rotateKeys({ keys, times, algorithm, now, signFrom, until });
      if (!signsThroughout(readKeys(rotation.keys, now, true).times, now, signFrom)) {
        throw new RefusedError('The present key ends before the new key signs: use a shorter time for --in');
      }
      done = { ...rotation, signFrom: iso(signFrom), until: iso(until) };
      return rotation.keys;
    });
    const { kid = '', replaced = 0, dropped = 0, signFrom = '', until = '' } = done ?? {};
    return {
      code: 0,
      text:
        `The key ${kid} signs from ${signFrom}\n` +
        (replaced === 0 ? '' : `${String(replaced)} accepted until ${until}\n`) +
        (dropped === 0 ? '' : `${String(dropped)} dropped\n`),
      json: { file, kid, signFrom, ...(replaced > 0 && { until }), replaced, dropped },
    };
  },
};

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

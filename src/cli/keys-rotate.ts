import { fileKeys, readKeys } from '../tokens/key-file-text';
import { FileFault } from '../files/file-fault';
import { rotateKeys, type Rotation, signsThroughout } from '../tokens/rotate-keys';
import { type Command, positionals, RefusedError } from './command';
import { ALGORITHM_USAGE, algorithmIn, durationIn, editKeyFile } from './key-file-edit';

const HOUR_MS = 3_600_000;

export const keysRotate: Command = {
  usage: `Usage: securest keys rotate <file> [options]

Adds a key that signs in an hour, when all who verify tokens know it, gives the present key an end 24 hours after that,
and drops the keys that have ended. Apps that have the file as a KeyFile read it without a restart.

Options:
  --in <time>       when the new key signs, such as 30m; not sooner than others keep the keys (default: 1h)
  --keep <time>     how long the present key is accepted then; at least as long as tokens live (default: 24h)
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
        throw new RefusedError(
          'The present key ends before the new one signs: let that sign sooner, by --in',
        );
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

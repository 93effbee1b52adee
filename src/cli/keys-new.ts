import { DEFAULT_ALGORITHM } from '../tokens/token-key';
import { newKey } from '../tokens/new-key';
import { type Command, positionals, RefusedError } from './command';
import { ALGORITHM_USAGE, algorithmIn, editKeyFile } from './key-file-edit';

export const keysNew: Command = {
  usage: `Usage: securest keys new <file> [options]

Creates a key file for KeyFile, with one key that signs tokens. Only the owner of the file may read it. Exits 1 if the
file exists.

Options:
  ${ALGORITHM_USAGE}  default: ${DEFAULT_ALGORITHM}, which is Ed25519
  --json  print one JSON document
`,
  options: { algorithm: { type: 'string' } },

  async run(call) {
    const [file = ''] = positionals(call, 'file');
    const algorithm = algorithmIn(call) ?? DEFAULT_ALGORITHM;
    const key = newKey(algorithm, new Date());
    await editKeyFile(file, true, (text) => {
      if (text !== undefined)
        throw new RefusedError(`${file} exists already: rotate its keys, or remove it first`);
      return [key];
    });
    const { kid } = key;
    return {
      code: 0,
      text: `${file} has the key ${kid}, which signs with ${algorithm}\n`,
      json: { file, algorithm, kid },
    };
  },
};

import { PROBLEM_SOURCE, type ProblemListener, type ProblemSource } from '../core/events';
import { ProblemBoard } from '../core/problem-board';
import { type FileOptions, fileOptions } from '../files/file-options';
import type * as WatchedFileModule from '../files/watched-file';
import { lazy } from '../util/lazy';
import { parseOptions, withoutContainer } from '../util/parse-options';
import type * as KeyFileTextModule from './key-file-text';
import { KeySet } from './key-set';
import type { TokenKey } from './token-key';

const OPTIONS = fileOptions('keys.json');

/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
const loaded = lazy(() => ({
  ...(require('../files/watched-file') as typeof WatchedFileModule),
  ...(require('./key-file-text') as typeof KeyFileTextModule),
}));
/* eslint-enable @typescript-eslint/no-require-imports */

/**
 * Keys from a JSON file, which is read again when it changes: `{ "keys": [...] }` with a {@link TokenKey} each, its key
 * as a JWK or PEM and its times in ISO 8601. Each key that signs must state `signFrom`, so that a reload never makes an
 * older key sign again. `securest keys new` makes such a file, `securest keys rotate` brings a new key into it.
 *
 * A new version is taken as a whole or not at all: a bad one, or a deleted file, is reported and the last good one
 * stays. A TokenService that has it closes it.
 * @example super({ keys: new KeyFile({ path: 'keys.json' }), issuer: 'notes', audience: 'notes-api' });
 */
export class KeyFile extends KeySet implements ProblemSource {
  readonly #file: WatchedFileModule.WatchedFile<readonly TokenKey[]>;
  readonly #problems: ProblemBoard;

  /** Reads the file. @throws {ConfigurationError} when it is not valid; it shows nothing of the content */
  constructor(options: FileOptions) {
    const { path, pollMs } = parseOptions('KeyFile', withoutContainer(options), OPTIONS);
    const { WatchedFile, readKeyFile, MAX_KEY_FILE_BYTES } = loaded();
    const problems = new ProblemBoard();
    // There is no set yet when the file is read first.
    const taking: { by?: (keys: readonly TokenKey[]) => void } = {};
    const file = new WatchedFile({
      path,
      pollMs,
      maxBytes: MAX_KEY_FILE_BYTES,
      parse: readKeyFile,
      onValue: (keys) => taking.by?.(keys),
      onProblem: (problem) => {
        problems.report({ component: 'KeyFile', problem });
      },
    });
    super(file.value);
    this.#file = file;
    this.#problems = problems;
    taking.by = (keys) => {
      this.replace(keys);
    };
  }

  /** Ends the watching; the keys stay. */
  close(): void {
    this.#file.close();
  }

  /** The last problem that nobody has heard of yet is handed over at once. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }
}

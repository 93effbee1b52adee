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
 * Keys from a JSON file: `{ "keys": [...] }` with a {@link TokenKey} each, its key as a JWK or PEM and its times in ISO
 * 8601. The file is read again when it changes. Each key that signs must state `signFrom`, so that a reload never makes
 * an older key sign again. `securest keys new` creates a key file, `securest keys rotate` adds a new key to it.
 *
 * A new version is taken as a whole or not at all: an invalid version, or a deleted file, is reported, and the last
 * valid version stays in use. A TokenService that holds the key file closes it.
 * @example super({ keys: new KeyFile({ path: 'keys.json' }), issuer: 'notes', audience: 'notes-api' });
 */
export class KeyFile extends KeySet implements ProblemSource {
  readonly #file: WatchedFileModule.WatchedFile<readonly TokenKey[]>;
  readonly #problems: ProblemBoard;

  /** Reads the file. @throws {ConfigurationError} when it is not valid; the error shows nothing of the content */
  constructor(options: FileOptions) {
    const { path, pollMs } = parseOptions('KeyFile', withoutContainer(options), OPTIONS);
    const { WatchedFile, readKeyFile, MAX_KEY_FILE_BYTES } = loaded();
    const problems = new ProblemBoard();
    // The set does not exist yet when the file is read for the first time.
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

  /** Stops watching the file, until an app uses it again; the keys stay. */
  close(): void {
    this.#file.close();
  }

  /** Passes the last unreported problem to the listener at once. */
  [PROBLEM_SOURCE](listener: ProblemListener): () => void {
    // An app that begins to use it listens.
    this.#file.resume();
    return this.#problems.listen(listener);
  }
}

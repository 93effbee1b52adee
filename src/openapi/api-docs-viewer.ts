/** The files of the viewer: an allow list of files of swagger-ui-dist, and the page's own style and script. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../errors';
import { lazy } from '../util/lazy';
import { loadOptional } from '../util/load-optional';
import { PAGE_STYLE, START_SCRIPT } from './api-docs-page';

export interface ViewerFile {
  readonly type: string;
  readonly content: Buffer;
}

export interface ViewerFiles {
  /** The folder below the page. Its name changes with the files, so that browsers may cache them for ever. */
  readonly folder: string;
  /** The files by name. */
  readonly files: ReadonlyMap<string, ViewerFile>;
}

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  txt: 'text/plain; charset=utf-8',
};

/** The files of swagger-ui-dist, with the licences to which the script refers. */
const OF_THE_PACKAGE = [
  ['swagger-ui-bundle.js', TYPES.js],
  ['swagger-ui-bundle.js.LICENSE.txt', TYPES.txt],
  ['swagger-ui.css', TYPES.css],
  ['favicon-32x32.png', TYPES.png],
] as const;

/**
 * Reads the files (about 2 MB) once per process: no request reads from the disk.
 * @throws ConfigurationError if swagger-ui-dist is not installed, or has another version
 */
export const loadViewer: () => ViewerFiles = lazy(() => {
  // Loading the package itself would run the viewer, which needs a browser.
  const folderOf = loadOptional('swagger-ui-dist/absolute-path.js', FEATURE) as () => string;
  const { version } = loadOptional('swagger-ui-dist/package.json', FEATURE) as { version: string };
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})\.[\w.+-]{1,40}$/.exec(version) ?? [];
  if (Number(major) !== 5 || Number(minor) < 35) {
    throw new ConfigurationError(`${FEATURE} needs swagger-ui-dist ^5.35, and finds another version`);
  }
  const folder = folderOf();
  const files = new Map<string, ViewerFile>(
    OF_THE_PACKAGE.map(([name, type]) => [name, { type, content: readFileSync(join(folder, name)) }]),
  );
  files.set('page.css', { type: TYPES.css, content: Buffer.from(PAGE_STYLE) });
  files.set('start.js', { type: TYPES.js, content: Buffer.from(START_SCRIPT) });
  const hash = createHash('sha256');
  for (const { content } of files.values()) hash.update(content);
  return { folder: `${version}-${hash.digest('hex').slice(0, 12)}`, files };
});

const FEATURE = "apiDocs() with the viewer 'swagger-ui'";

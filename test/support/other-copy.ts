import path from 'node:path';
import type * as RoutingControllers from 'routing-controllers';

const COPY = path.dirname(require.resolve('routing-controllers/package.json'));

export type OtherCopy = Pick<
  typeof RoutingControllers,
  'useKoaServer' | 'useExpressServer' | 'createKoaServer' | 'createExpressServer' | 'getMetadataArgsStorage'
>;

/** Loads routing-controllers once more, as npm does when two versions are installed. */
export function otherCopy(): OtherCopy {
  const own = Object.entries(require.cache).filter(([file]) => file.startsWith(`${COPY}${path.sep}cjs`));
  for (const [file] of own) Reflect.deleteProperty(require.cache, file);
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import gives what is loaded already
    return require('routing-controllers') as OtherCopy;
  } finally {
    for (const file of Object.keys(require.cache)) {
      if (file.startsWith(`${COPY}${path.sep}cjs`)) Reflect.deleteProperty(require.cache, file);
    }
    for (const [file, module] of own) require.cache[file] = module;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface OwnManifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** The package's own package.json. */
function ownManifest(): OwnManifest {
  return JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as OwnManifest;
}

export function ownVersion(): string {
  return ownManifest().version;
}

/**
 * The version ranges of packages for a new app: the range of the peer dependency, or else of the dev dependency.
 * @throws TypeError for a package that is neither
 */
export function fittingVersions(names: readonly string[]): Readonly<Record<string, string>> {
  const { version, peerDependencies, devDependencies } = ownManifest();
  const known: Readonly<Record<string, string>> = {
    ...devDependencies,
    ...peerDependencies,
    securest: `^${version}`,
  };
  return Object.fromEntries(
    names.map((name) => {
      const range = known[name];
      if (range === undefined) throw new TypeError(`${name} has no version here`);
      return [name, range];
    }),
  );
}

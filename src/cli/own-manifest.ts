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
 * The versions of packages that go with this one: those that its peers allow, else those that it is built with.
 * @throws TypeError for a package that it has nothing to do with
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

import { basename } from 'node:path';
import { isPlainObject } from '../util/parse-options';
import { RefusedError } from './command';
import { type InitDriver, packagesOf, SCRIPTS } from './init-files';
import { fittingVersions } from './own-manifest';

/** The script `test` that `npm init` writes by default. */
const NO_TEST = 'echo "Error: no test specified" && exit 1';
/** The sections that may already list a package. */
const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

type Fields = Record<string, unknown>;

export interface PackageText {
  readonly text: string;
  readonly isChanged: boolean;
  /** The entries that differ from the app's needs and were left alone, one line each. */
  readonly left: readonly string[];
}

/** A new package.json. @param folder the app's folder, from which the package name is made */
export function newPackage(folder: string, driver: InitDriver): string {
  return completed({ name: nameOf(folder), version: '0.0.0', private: true }, driver, '  ').text;
}

/**
 * Adds the missing entries to an existing package.json.
 * @throws {RefusedError} for a text that is not a valid package.json
 */
export function completePackage(text: string, driver: InitDriver): PackageText {
  const indentation = /^\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  const made = completed(parsed(text), driver, indentation);
  return made.isChanged ? made : { ...made, text };
}

function completed(manifest: Fields, driver: InitDriver, indentation: string): PackageText {
  const left: string[] = [];
  let isChanged = false;
  const scripts = recordIn(manifest, 'scripts');
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const there = scripts[name];
    if (there === script) continue;
    if (Object.hasOwn(scripts, name) && there !== NO_TEST) {
      left.push(`script ${name}, which in a new app is: ${script}`);
      continue;
    }
    scripts[name] = script;
    isChanged = true;
  }
  const places = DEPENDENCIES.map((place) => [place, recordIn(manifest, place)] as const);
  for (const [place, names] of Object.entries(packagesOf(driver))) {
    const dependencies = recordIn(manifest, place);
    for (const [name, range] of Object.entries(fittingVersions(names))) {
      const [, owner] = places.find(([, named]) => Object.hasOwn(named, name)) ?? [];
      if (owner === undefined) {
        dependencies[name] = range;
        isChanged = true;
      } else if (owner[name] !== range) {
        left.push(`${name} ${String(owner[name])}, which in a new app is ${range}`);
      }
    }
    manifest[place] = Object.fromEntries(
      Object.entries(dependencies).toSorted(([one], [other]) => (one < other ? -1 : 1)),
    );
  }
  manifest['scripts'] = scripts;
  return { text: `${JSON.stringify(manifest, null, indentation)}\n`, isChanged, left };
}

function parsed(text: string): Fields {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's message quotes the text.
  }
  if (isPlainObject(manifest)) return manifest;
  throw new RefusedError('package.json is not valid: nothing was written');
}

/** A record of the manifest, empty if it is missing. @throws {RefusedError} for any other value */
function recordIn(manifest: Fields, key: string): Fields {
  const value = Object.hasOwn(manifest, key) ? manifest[key] : {};
  if (isPlainObject(value)) return value;
  throw new RefusedError(`package.json has invalid ${key}: nothing was written`);
}

/** The folder's name as a valid npm package name. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 100);
  return name === '' || name === 'node_modules' || name === 'securest' ? 'app' : name;
}

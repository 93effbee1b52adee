import { basename } from 'node:path';
import { isPlainObject } from '../util/parse-options';
import { RefusedError } from './command';
import { type InitDriver, packagesOf, SCRIPTS } from './init-files';
import { fittingVersions } from './own-manifest';

/** What `npm init` writes where nobody gave a test. */
const NO_TEST = 'echo "Error: no test specified" && exit 1';
/** Where a package may be named already. */
const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

type Fields = Record<string, unknown>;

export interface PackageText {
  readonly text: string;
  readonly isChanged: boolean;
  /** What is there in another way than the app needs it, one line each. */
  readonly left: readonly string[];
}

/** A new package.json. @param folder where the app is: the name is made of it */
export function newPackage(folder: string, driver: InitDriver): string {
  return completed({ name: nameOf(folder), version: '0.0.0', private: true }, driver, '  ').text;
}

/**
 * An existing package.json with what it lacks.
 * @throws {RefusedError} for a text that is no package.json
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
      left.push(`script ${name}, here it would be: ${script}`);
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
        left.push(`${name} ${String(owner[name])}, securest takes ${range}`);
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

/** A record of the manifest, empty where it has none. @throws {RefusedError} for anything else */
function recordIn(manifest: Fields, key: string): Fields {
  const value = Object.hasOwn(manifest, key) ? manifest[key] : {};
  if (isPlainObject(value)) return value;
  throw new RefusedError(`package.json has ${key} that are not valid: nothing was written`);
}

/** The folder's name as npm takes names. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 100);
  return name === '' || name === 'node_modules' || name === 'securest' ? 'app' : name;
}

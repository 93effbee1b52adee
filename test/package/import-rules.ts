import { isBuiltin } from 'node:module';
import manifest from '../../package.json';
import { findCycle, folderOf, type ImportGraph } from './import-graph';

const LAYERS: Readonly<Record<string, readonly string[]>> = {
  util: ['util', 'errors'],
  'http-error': ['http-error'],
  errors: ['util', 'errors', 'http-error'],
  core: ['util', 'errors', 'core'],
  http: ['util', 'errors', 'core', 'http', 'options'],
};
const HOST = 'routing-controllers';
/** The packages that an app has where it has the host. */
const OF_THE_HOST = [HOST, 'class-transformer', 'class-validator'];
/** What may know `host/`. All the rest works where the host is not installed. */
const ABOVE_THE_HOST = ['host', 'index', 'securest', 'oidc', 'openapi', 'passkeys'];
/** What may load it at once: the others load it when something of it is called. */
const FOR_THE_HOST_ALONE = ['host', 'index', 'securest', 'openapi/copied-metadata'];
const ENTRY_POINTS = [
  'index',
  'kerberos/index',
  'ldap/index',
  'oidc/index',
  'openapi/index',
  'opentelemetry/index',
  'passkeys/index',
  'passport/index',
  'redis/index',
  'routers/index',
  'socket/index',
  'sql/index',
  'testing/index',
];
const OPTIONAL = Object.keys(manifest.peerDependenciesMeta);
const INSTALLED = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].filter(
  (name) => !OPTIONAL.includes(name),
);

/** The modules that load an optional peer themselves, and have something in its place where it is not installed. */
const WITH_STAND_IN: Readonly<Record<string, string>> = {
  'components/typedi': 'typedi',
  'http-error': HOST,
};

/** What a graph breaks of the rules that CONTRIBUTING.md states, one line each. */
export function brokenRules(graph: ImportGraph): string[] {
  const broken: string[] = [];
  for (const [name, imports] of graph) {
    const folder = folderOf(name);
    for (const { target, own, typeOnly, isAtOnce } of imports) {
      const says = (rule: string): unknown => broken.push(`${name} -> ${target}: ${rule}`);
      if (own) {
        if (ENTRY_POINTS.includes(target)) says('nothing imports an entry point');
        if (LAYERS[folder] && !LAYERS[folder].includes(folderOf(target))) says(`${folder} is a lower layer`);
        if (folder === 'providers' && folderOf(target) === 'userstores') says('a provider knows no store');
        if (folderOf(target) !== 'host') continue;
        if (!ABOVE_THE_HOST.includes(folder)) says('it works without the host');
        else if (isAtOnce && ![folder, name].some((one) => FOR_THE_HOST_ALONE.includes(one)))
          says('not before it is called');
        continue;
      }
      if (WITH_STAND_IN[name] === target) continue;
      if (target === HOST && !ABOVE_THE_HOST.includes(folder)) says('the host is known to host/ alone');
      else if (typeOnly || isBuiltin(target) || INSTALLED.includes(packageOf(target))) continue;
      else if (folder !== 'host' || !OF_THE_HOST.includes(target)) says('not installed with the package');
    }
  }
  return broken;
}

/** The package that a subpath is of. */
function packageOf(target: string): string {
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/');
}

/** A cycle of modules, or else of folders, that load each other at run time. */
export function runtimeCycle(graph: ImportGraph): string[] | undefined {
  const modules = new Map<string, string[]>();
  const folders = new Map<string, string[]>();
  for (const [name, imports] of graph) {
    const loaded = imports.filter(({ own, typeOnly }) => own && !typeOnly).map(({ target }) => target);
    modules.set(name, loaded);
    const folder = folderOf(name);
    const others = loaded.map(folderOf).filter((other) => other !== folder);
    folders.set(folder, [...(folders.get(folder) ?? []), ...others]);
  }
  return findCycle(modules) ?? findCycle(folders);
}

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import type { Access } from '../../../../src/core/access';
import type { SecurityRequest } from '../../../../src/core/request';
import { PROBLEM_SOURCE, type Problem } from '../../../../src/core/events';
import { ConfigurationError } from '../../../../src/errors';
import {
  PathPermissions,
  type PathPermissionsOptions,
} from '../../../../src/authorization/paths/path-permissions';
import { compiled } from '../../../support/compiled';
import { eventually } from '../../../support/eventually';
import { PermissionFile } from '../../../support/permission-file';

const RULES = `
admin:
  allow:
    '*': '*'
editor:
  allow:
    /notes/*: [GET, PUT]
  deny:
    /notes/7: PUT
`;

const access = (method: string, route: string, levels: object[] = [{}]) =>
  ({ method, route, levels }) as unknown as Access;

describe('PathPermissions', () => {
  let file: PermissionFile;
  let paths: PathPermissions;
  const open = (options: Partial<PathPermissionsOptions> = {}) =>
    (paths = new PathPermissions({ path: file.path, pollMs: 2, ...options }));

  beforeEach(() => {
    file = new PermissionFile(RULES);
    open();
  });
  afterEach(() => {
    paths.close();
    file[Symbol.dispose]();
  });

  const decide = (method: string, path: string, ...roles: string[]) => {
    const loaded = { assigned: new Set(roles), effective: new Set(roles) };
    const request = { method, path } as SecurityRequest;
    return paths.authorize(request, { username: 'ann' }, access(method, path), () => Promise.resolve(loaded));
  };

  it('refuses options that do not hold', () => {
    for (const options of [
      undefined,
      {},
      { path: '' },
      { path: file.path, pollMs: 0 },
      { path: file.path, mountPath: 'api' },
      { path: file.path, mountPath: '/api/' },
      { path: file.path, mountPath: '' },
      { path: file.path, mountPath: 7 },
      { path: `${file.path}.missing` },
    ]) {
      expect(() => new PathPermissions(options as PathPermissionsOptions)).to.throw(ConfigurationError);
    }
  });

  it('grants by a literal true only where a rule allows', async () => {
    expect(await decide('GET', '/notes/7', 'editor')).to.deep.equal({ granted: true });
    expect(await decide('PUT', '/notes/8', 'editor')).to.deep.equal({ granted: true });
    expect((await decide('PUT', '/notes/7', 'editor')).granted).to.equal(false);
    expect((await decide('PUT', '/notes/7', 'editor', 'admin')).granted).to.equal(false);
    expect((await decide('PUT', '/notes/7', 'admin')).granted).to.equal(true);
    expect((await decide('GET', '/notes/7')).granted).to.equal(false);
    expect((await decide('GET', '/notes//7', 'admin')).granted).to.equal(false);
  });

  it('loads no roles for a path that it refuses anyhow, and passes on what loading them throws', async () => {
    const request = { method: 'GET', path: '//' } as SecurityRequest;
    const fail = () => Promise.reject(new Error('down'));
    const user = { username: 'ann' };
    expect((await paths.authorize(request, user, access('GET', '/'), fail)).granted).to.equal(false);
    let thrown: unknown;
    await paths
      .authorize({ ...request, path: '/' }, user, access('GET', '/'), fail)
      .catch((error: unknown) => (thrown = error));
    expect(thrown).to.have.property('message', 'down');
  });

  for (const [title, before, after] of [
    ['a deny comes', 'r:\n  allow: {}\n', 'r:\n  allow:\n    /x: GET\n  deny:\n    /x: GET\n'],
    ['an allow goes', 'r:\n  allow:\n    /x: GET\n  deny:\n    /x: GET\n', 'r:\n  allow: {}\n'],
  ] as const) {
    it(`decides by one version although ${title} while the roles are loaded`, async () => {
      paths.close();
      file.replace(before);
      open();
      const route = access('GET', '/x');
      const described = paths.describe(route);
      const roles = async () => {
        file.replace(after);
        await eventually(() => paths.describe(route) !== described);
        return { assigned: new Set(['r']), effective: new Set(['r']) };
      };
      const request = { method: 'GET', path: '/x' } as SecurityRequest;
      expect((await paths.authorize(request, { username: 'ann' }, route, roles)).granted).to.equal(false);
    });
  }

  it('describes what it asks of a route', () => {
    expect(paths.describe(access('GET', '/notes'))).to.equal('path rules (allow admin /*, editor /notes/*)');
    expect(paths.describe(access('PUT', '/notes/:id'))).to.equal(
      'path rules (allow admin /*, editor /notes/*; deny editor /notes/7)',
    );
    expect(paths.describe(access('ALL', '/notes/:id'))).to.equal(
      'path rules (allow admin /*, editor /notes/* (GET, PUT); deny editor /notes/7 (PUT))',
    );
    expect(paths.describe(access('POST', '/x'))).to.equal('path rules (allow admin /*)');
  });

  it('describes a route that no rule allows', () => {
    paths.close();
    file.replace('admin:\n  allow: {}\n');
    open();
    expect(paths.describe(access('GET', '/notes'))).to.equal('path rules (none)');
  });

  it('warns of rules without a route and of roles that nobody has, by the kind of rule', () => {
    const warnings = (roles: { assigned: string[]; effective: string[] } | undefined, ...routes: Access[]) =>
      [
        ...paths.warnings({
          routes,
          roles: roles && { assigned: new Set(roles.assigned), effective: new Set(roles.effective) },
        }),
      ].map(({ code, message }) => `${code} ${message.replace(file.path, 'p')}`);
    const all = { assigned: ['admin', 'editor'], effective: ['admin', 'editor'] };
    expect(warnings(all, access('GET', '/notes'), access('PUT', '/notes/:id'))).to.deep.equal([]);
    expect(warnings(undefined, access('GET', '/notes'), access('PUT', '/notes/:id'))).to.deep.equal([]);
    expect(warnings(all, access('GET', '/notes/:id'))).to.deep.equal([
      'rule_without_route p:9 (deny editor /notes/7) matches no route',
    ]);
    expect(warnings(all, access('GET', '/notes'), access('PUT', '/notes/:id', []))).to.deep.equal([
      'rule_without_route p:9 (deny editor /notes/7) matches only open routes, which no rule is asked for',
    ]);
    const implied = { assigned: ['admin'], effective: ['admin', 'editor'] };
    expect(warnings(implied, access('PUT', '/notes/:id'))).to.deep.equal([
      'unobtainable_role p has deny rules for role editor, which no user or group has',
    ]);
    const nobody = { assigned: [], effective: [] };
    expect(warnings(nobody, access('PUT', '/notes/:id'))).to.have.length(3);
  });

  it('takes the mount path into account', () => {
    paths.close();
    open({ mountPath: '/notes' });
    expect(paths.describe(access('GET', '/:id'))).to.equal('path rules (allow admin /*, editor /notes/*)');
    expect(paths.describe(access('PUT', '/7'))).to.contain('deny editor');
    expect(paths.describe(access('PUT', '^\\/x'))).to.contain('deny editor');
  });

  it('hands over a problem that nobody had heard of, once', async () => {
    file.replace('nonsense');
    const { problem } = await new Promise<Problem>((resolve) => {
      paths[PROBLEM_SOURCE](resolve);
    });
    expect(problem).to.equal(`${file.path}:1 is not a mapping of names; the last good version stays`);
    expect((await decide('GET', '/notes/7', 'editor')).granted).to.equal(true);
  });

  it('takes nothing more once it is closed, and keeps its rules', async () => {
    const other = new PathPermissions({ path: file.path, pollMs: 2 });
    paths.close();
    file.replace('editor:\n  allow: {}\n');
    await eventually(() => other.describe(access('GET', '/notes')) === 'path rules (none)');
    other.close();
    expect((await decide('GET', '/notes/7', 'editor')).granted).to.equal(true);
  });

  it('does not keep the process alive', () => {
    const script = `
      const { PathPermissions } = require(process.argv[1]);
      new PathPermissions({ path: process.argv[2] });
    `;
    const args = ['-r', 'reflect-metadata', '-e', script, compiled('src/index.ts'), file.path];
    expect(spawnSync(process.execPath, args, { timeout: 60_000 }).status).to.equal(0);
  });
});

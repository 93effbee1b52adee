import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { compareWithLockFile, isOutdated, toLockFile } from '../../../src/report/lock-file';
import type { SecurityReport } from '../../../src/report/security-report';
import { reported, reportedRoute } from '../../support/reported';

function report(routes: Record<string, string>): SecurityReport {
  return reported(
    Object.entries(routes).map(([route, access]) => {
      const [method = '', path = ''] = route.split(' ');
      return reportedRoute({ method, path, action: 'N.a', access });
    }),
  );
}

const AGREED = {
  'POST /notes': 'role editor',
  'GET /notes': 'role reader',
  'GET /a': 'anyone (@Public() on N.a)',
};

describe('toLockFile', () => {
  it('has one line for each route, sorted, whatever the order of registration', () => {
    expect(toLockFile(report(AGREED))).to.equal(`{
  "version": 4,
  "routes": [
    {"method":"GET","path":"/a","action":"N.a","access":"anyone (@Public() on N.a)"},
    {"method":"GET","path":"/notes","action":"N.a","access":"role reader"},
    {"method":"POST","path":"/notes","action":"N.a","access":"role editor"}
  ]
}
`);
    const reversed = Object.fromEntries(Object.entries(AGREED).toReversed());
    expect(toLockFile(report(reversed))).to.equal(toLockFile(report(AGREED)));
    expect(JSON.parse(toLockFile(report({})))).to.deep.equal({ version: 4, routes: [] });
  });
});

describe('compareWithLockFile', () => {
  const locked = toLockFile(report(AGREED));

  it('is empty where nothing changed', () => {
    expect(compareWithLockFile(report(AGREED), locked)).to.deep.equal([]);
  });

  it('names what came, went and changed', () => {
    const now = {
      'GET /notes': 'role reader',
      'POST /notes': 'any authenticated user',
      'DELETE /notes': 'anyone (open by default)',
    };
    expect(compareWithLockFile(report(now), locked)).to.deep.equal([
      '- /a GET (N.a): anyone (@Public() on N.a)',
      '+ /notes DELETE (N.a): anyone (open by default)',
      '~ /notes POST (N.a): role editor -> any authenticated user',
    ]);
  });

  it('tells a hidden route from a route whose access is the text of a hidden one', () => {
    const forged = locked.replace('"role editor"', '"role editor (hidden by GET /x (N.x))"');
    const { routes } = report(AGREED);
    const hidden = routes.map((route) =>
      route.access === 'role editor' ? { ...route, hiddenBy: 'GET /x (N.x)' } : route,
    );
    expect(forged).not.to.equal(locked);
    expect(compareWithLockFile({ ...report(AGREED), routes: hidden }, forged)).to.have.length(1);
  });

  it('names a role that the file has twice', () => {
    const role = { role: 'b', implies: ['a'], permissions: [] };
    const now = { ...report({}), roles: [role] };
    const text = JSON.stringify({ version: 3, roles: [{ ...role, implies: [] }, role], routes: [] });
    expect(compareWithLockFile(now, text)).to.deep.equal([
      '~ role "b":  -> implies "a"',
      '- role "b" #2: implies "a"',
    ]);
  });

  it('takes a file with other white space', () => {
    const spaced = JSON.stringify(JSON.parse(locked), undefined, '\t').replaceAll('\n', '\r\n');
    expect(compareWithLockFile(report(AGREED), spaced)).to.deep.equal([]);
  });

  it('compares a file of version 1 by the guards as they are written', () => {
    const text = JSON.stringify({
      version: 1,
      routes: [{ method: 'GET', path: '/notes', action: 'N.a', access: 'any of (role b, role a)' }],
    });
    const now = report({ 'GET /notes': 'any of (role b, role a)' });
    const [route] = now.routes;
    const normalised = { ...now, routes: [{ ...route!, normalised: 'any of (role a, role b)' }] };
    expect(compareWithLockFile(normalised, text)).to.deep.equal([]);
    expect(compareWithLockFile(report({ 'GET /notes': 'role a' }), text)).to.have.length(1);
    expect(isOutdated(text)).to.equal(true);
    const written = toLockFile(normalised);
    expect(written).to.include('"any of (role a, role b)"');
    expect(isOutdated(written)).to.equal(false);
    expect(compareWithLockFile(normalised, written)).to.deep.equal([]);
  });

  it('compares a file of version 2 without what it does not hold', () => {
    const text = JSON.stringify({
      version: 2,
      routes: [{ method: 'GET', path: '/notes', action: 'N.a', access: 'role a' }],
    });
    const now = report({ 'GET /notes': 'role a' });
    const [route] = now.routes;
    const more: SecurityReport = {
      ...now,
      routes: [{ ...route!, hiddenBy: 'GET /:id (N.one)' }],
      roles: [{ role: 'b', implies: ['a'], permissions: [] }],
    };
    expect(compareWithLockFile(more, text)).to.deep.equal([]);
    expect(isOutdated(text)).to.equal(true);
    expect(compareWithLockFile(report({ 'GET /notes': 'role b' }), text)).to.have.length(1);
    const written = toLockFile(more);
    expect(compareWithLockFile(more, written)).to.deep.equal([]);
    expect(compareWithLockFile(now, written)).to.deep.equal([
      '- role "b": implies "a"',
      '~ /notes GET (N.a): role a (hidden by GET /:id (N.one)) -> role a',
    ]);
  });

  it('compares a file of version 3 without the components, which it does not hold', () => {
    const text = JSON.stringify({ version: 3, routes: [] });
    const now = { ...report({}), components: [{ kind: 'skip', names: ['isLocal#00000000'] }] };
    expect(compareWithLockFile(now, text)).to.deep.equal([]);
    expect(isOutdated(text)).to.equal(true);
    const written = toLockFile(now);
    expect(written).to.include('  "components": [\n    {"kind":"skip","names":["isLocal#00000000"]}\n  ],\n');
    expect(compareWithLockFile(now, written)).to.deep.equal([]);
    expect(compareWithLockFile(report({}), written)).to.deep.equal(['- skip: "isLocal#00000000"']);
  });

  it('tells two components from one whose name is both', () => {
    const named = (...names: string[]) => ({ ...report({}), components: [{ kind: 'providers', names }] });
    const written = toLockFile(named('A', 'B'));
    expect(compareWithLockFile(named('A B'), written)).to.deep.equal(['~ providers: "A" "B" -> "A B"']);
    expect(compareWithLockFile(named('A" "B'), written)).to.have.length(1);
  });

  for (const [what, text] of Object.entries({
    'components that are no list': '{"version":4,"components":{},"routes":[]}',
    'a component that is none': '{"version":4,"components":[null],"routes":[]}',
    'a component without names': '{"version":4,"components":[{"kind":"skip"}],"routes":[]}',
    'a component with a number for a name':
      '{"version":4,"components":[{"kind":"skip","names":[1]}],"routes":[]}',
    'an empty file': '',
    'no JSON': '{',
    null: 'null',
    'an array': '[]',
    'no whole version': '{"version":2.5,"routes":[]}',
    'version 0': '{"version":0,"routes":[]}',
    'roles that are no list': '{"version":3,"roles":{},"routes":[]}',
    'a role that is none': '{"version":3,"roles":[null],"routes":[]}',
    'a role without permissions': '{"version":3,"roles":[{"role":"a","implies":[]}],"routes":[]}',
    'a role that grants a number':
      '{"version":3,"roles":[{"role":"a","implies":[],"permissions":[1]}],"routes":[]}',
    'a route that is hidden by a number':
      '{"version":3,"routes":[{"method":"GET","path":"/","action":"a","access":"b","hiddenBy":1}]}',
    'a version of another type': '{"version":"2","routes":[]}',
    'no version': '{"routes":[]}',
    'no routes': '{"version":2}',
    'no routes in an earlier version': '{"version":1}',
    'a route without access': '{"version":2,"routes":[{"method":"GET","path":"/","action":"a"}]}',
    'a route that is none': '{"version":2,"routes":[null]}',
    'two lists of routes': '{"version":3,"routes":[{}],"routes":[]}',
    'two accesses of one route':
      '{"version":3,"routes":[{"method":"GET","path":"/","action":"a","access":"b","access":"c"}]}',
    'a text that is written in escapes': '{"version":3,"rout\\u0065s":[]}',
  })) {
    it(`refuses ${what}`, () => {
      expect(() => compareWithLockFile(report({}), text)).to.throw(ConfigurationError);
    });
  }

  it('refuses a file of a later version, whatever it holds, and says to update the library', () => {
    for (const text of [
      '{"version":5,"routes":[]}',
      '{"version":5}',
      '{"version":9007199254740992,"routes":{}}',
    ]) {
      expect(() => compareWithLockFile(report({}), text), text).to.throw(
        ConfigurationError,
        /has version \d+, .* versions up to 4: update securest$/,
      );
    }
  });

  it('says how a file of no version is written anew', () => {
    expect(() => compareWithLockFile(report({}), '{"version":0,"routes":[]}')).to.throw(
      ConfigurationError,
      /must have a version from 1 to 4: write it again with --update$/,
    );
  });
});

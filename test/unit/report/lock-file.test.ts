import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { compareWithLockFile, isOutdated, toLockFile } from '../../../src/report/lock-file';
import type { ReportedRoute, SecurityReport } from '../../../src/report/security-report';

function report(routes: Record<string, string>): SecurityReport {
  return {
    routes: Object.entries(routes).map(([route, access]): ReportedRoute => {
      const [method = '', path = ''] = route.split(' ');
      return { method, path, action: 'N.a', access, levels: [], providers: [], before: [], after: [] };
    }),
    warnings: [],
  };
}

const AGREED = {
  'POST /notes': 'role editor',
  'GET /notes': 'role reader',
  'GET /a': 'anyone (@Public() on N.a)',
};

describe('toLockFile', () => {
  it('has one line for each route, sorted, whatever the order of registration', () => {
    expect(toLockFile(report(AGREED))).to.equal(`{
  "version": 2,
  "routes": [
    {"method":"GET","path":"/a","action":"N.a","access":"anyone (@Public() on N.a)"},
    {"method":"GET","path":"/notes","action":"N.a","access":"role reader"},
    {"method":"POST","path":"/notes","action":"N.a","access":"role editor"}
  ]
}
`);
    const reversed = Object.fromEntries(Object.entries(AGREED).toReversed());
    expect(toLockFile(report(reversed))).to.equal(toLockFile(report(AGREED)));
    expect(JSON.parse(toLockFile(report({})))).to.deep.equal({ version: 2, routes: [] });
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

  for (const [what, text] of Object.entries({
    'an empty file': '',
    'no JSON': '{',
    null: 'null',
    'an array': '[]',
    'another version': '{"version":3,"routes":[]}',
    'a version of another type': '{"version":"2","routes":[]}',
    'no version': '{"routes":[]}',
    'no routes': '{"version":2}',
    'no routes in an earlier version': '{"version":1}',
    'a route without access': '{"version":2,"routes":[{"method":"GET","path":"/","action":"a"}]}',
    'a route that is none': '{"version":2,"routes":[null]}',
  })) {
    it(`refuses ${what}`, () => {
      expect(() => compareWithLockFile(report({}), text)).to.throw(ConfigurationError);
    });
  }
});

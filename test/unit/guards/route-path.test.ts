import { expect } from 'chai';
import { RoutePath } from '../../../src/guards/route-path';

describe('RoutePath', () => {
  const params = (pattern: string, path: string): unknown => {
    const found = new RoutePath(pattern).match(path);
    return found && { ...found };
  };

  it('matches literal segments as they are sent, and as many as it has', () => {
    expect(params('/session/all', '/session/all')).to.deep.equal({});
    for (const path of [
      '/session',
      '/session/all/',
      '/session/all/x',
      '/Session/all',
      '/session/%61ll',
      '',
      '/',
    ]) {
      expect(params('/session/all', path), path).to.equal(undefined);
    }
  });

  it('takes one non-empty segment for a parameter, decoded once', () => {
    expect(params('/keys/:id', '/keys/a%2Fb')).to.deep.equal({ id: 'a/b' });
    expect(params('/keys/:id', '/keys/%2561')).to.deep.equal({ id: '%61' });
    for (const id of ['%', '%ZZ', '%E0%A4%A'])
      expect(params('/keys/:id', `/keys/${id}`)).to.deep.equal({ id });
    expect(params('/keys/:id', '/keys/')).to.equal(undefined);
    expect(params('/keys/:id', '/keys/a/b')).to.equal(undefined);
  });

  it('has no parameters but its own', () => {
    const found = new RoutePath('/keys').match('/keys') ?? {};
    expect('constructor' in found).to.equal(false);
  });

  it('overlaps a path that some request would match too', () => {
    const cases: [one: string, other: string, isOverlap: boolean][] = [
      ['/a/:id', '/a/all', true],
      ['/a/all', '/a/:id', true],
      ['/:x/all', '/a/:y', true],
      ['/a/:id', '/a', false],
      ['/a/:id', '/b/:id', false],
      ['/a', '/A', false],
    ];
    for (const [one, other, isOverlap] of cases) {
      expect(new RoutePath(one).overlaps(new RoutePath(other)), `${one} ${other}`).to.equal(isOverlap);
    }
  });
});

import { expect } from 'chai';
import { RoutePattern } from '../../../src/access/warnings/route-pattern';
import { namesIn, shapeOf, templateOf } from '../../../src/openapi/path-template';

const templatesOf = (route: string) =>
  new RoutePattern(route).choices().map(({ parts }) => templateOf(parts)?.path);

describe('templateOf', () => {
  const written: [route: string, paths: string[]][] = [
    ['/', ['/']],
    ['/notes/', ['/notes']],
    ['/notes/:id', ['/notes/{id}']],
    ['/:from-:to', ['/{from}-{to}']],
    ['/files/:name.:ext', ['/files/{name}.{ext}']],
    ['/:x?', ['/{x}', '/']],
    ['/a/:x?/b', ['/a/{x}/b', '/a/b']],
    ['/a{/:x}', ['/a/{x}', '/a']],
    ['/:id(\\d+)', ['/{id}']],
    ['/:id([a-z0-9-]{1,20})', ['/{id}']],
    ['/:id(?:a|b)', ['/{id}']],
    ['/(\\d+)/:x/(\\w+)', ['/{0}/{x}/{1}']],
  ];
  for (const [route, paths] of written) {
    it(`writes ${route} as ${paths.join(' and ')}`, () => {
      expect(templatesOf(route)).to.deep.equal(paths);
    });
  }

  const refused = [
    ...['*', '/*', '/a/*rest', '/:x*', '/:x+', 'notes', '/a/:id/:id', '/a{/:x{/:y}}', '/colou?r'],
    ...['/\\{a\\}', '/:"a b"', '/a\\?b'],
    // What takes a slash in some way.
    ...['/:x(.*)', '/:x(.)', '/:x([^a])', '/:x(\\S+)', '/:x(\\D+)', '/:x(\\W)', '/:x([+-9])', '/:x(a|/)'],
    ...['/:x(\\57)', '/:x(\\x2f)', '/:x(\\u002F)', '/:x([\\d/])'],
  ];
  for (const route of refused) {
    it(`has no words for ${route}`, () => {
      expect(templatesOf(route)[0]).to.equal(undefined);
    });
  }
});

describe('shapeOf', () => {
  it('is the same for templates that differ in names and a slash at the end', () => {
    expect(shapeOf('/a/{x}/b/{y}/')).to.equal(shapeOf('/a/{one}/b/{two}'));
    expect(shapeOf('/a/{x}')).to.not.equal(shapeOf('/a/x'));
    expect(shapeOf('/')).to.equal('/');
  });
});

describe('namesIn', () => {
  it('are in order', () => {
    expect(namesIn('/a/{x}-{y}/{z}')).to.deep.equal(['x', 'y', 'z']);
  });
});

import Module from 'node:module';
import { expect } from 'chai';
import type * as ApiDocs from '../../../src/openapi/api-docs';

const DOCUMENT = { openapi: '3.1.1' };
const VIEWER = /[\\/]api-docs-viewer\.ts$/;
const DOCS = /[\\/]openapi[\\/]api-docs\.ts$/;

type Load = (name: string, ...more: unknown[]) => unknown;
const loader = Module as unknown as { _load: Load };

/** A copy of its own, as the files of the viewer are kept once they are read. */
function freshApiDocs(): typeof ApiDocs.apiDocs {
  for (const key of Object.keys(require.cache)) {
    if (VIEWER.test(key) || DOCS.test(key)) Reflect.deleteProperty(require.cache, key);
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- anew
  return (require('../../../src/openapi/api-docs') as typeof ApiDocs).apiDocs;
}

/** @param load what the packages of the viewer load as */
function withPackage(load: (name: string) => unknown, work: () => void): void {
  const original = loader._load;
  loader._load = (name, ...more) =>
    name.startsWith('swagger-ui-dist') ? load(name) : original.call(Module, name, ...more);
  try {
    work();
  } finally {
    loader._load = original;
  }
}

const missing = (): never => {
  throw Object.assign(new Error('not there'), { code: 'MODULE_NOT_FOUND' });
};

describe('The viewer of apiDocs()', () => {
  after(freshApiDocs);

  it('is a package that is named, with its feature and command, where it is missing', () => {
    withPackage(missing, () => {
      const apiDocs = freshApiDocs();
      expect(() => apiDocs({ document: DOCUMENT }))
        .to.throw(
          "apiDocs() with the viewer 'swagger-ui' needs the package swagger-ui-dist: npm install swagger-ui-dist",
        )
        .with.property('code', 'invalid_configuration');
    });
  });

  it('is not loaded where there is none', () => {
    withPackage(missing, () => {
      expect(() => freshApiDocs()({ document: DOCUMENT, viewer: 'none' })).not.to.throw();
    });
  });

  for (const version of ['4.19.1', '5.34.9', '6.0.0', '55.40.0', '5.35.0/../..', '', undefined]) {
    it(`is refused in version ${String(version)}`, () => {
      withPackage(
        (name) => (name.endsWith('package.json') ? { version } : () => '/nowhere'),
        () => {
          expect(() => freshApiDocs()({ document: DOCUMENT })).to.throw(/needs swagger-ui-dist \^5\.35/);
        },
      );
    });
  }

  it('is read once, and never run here', () => {
    const names: string[] = [];
    const original = loader._load;
    loader._load = (name, ...more) => {
      if (name.startsWith('swagger-ui-dist')) names.push(name);
      return original.call(Module, name, ...more);
    };
    try {
      const apiDocs = freshApiDocs();
      apiDocs({ document: DOCUMENT });
      apiDocs({ document: DOCUMENT });
    } finally {
      loader._load = original;
    }
    expect(names).to.deep.equal(['swagger-ui-dist/absolute-path.js', 'swagger-ui-dist/package.json']);
  });
});

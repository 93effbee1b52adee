import { expect } from 'chai';
import { metadataCure } from '../../../src/components/metadata-cure';

describe('metadataCure', () => {
  for (const options of [
    [
      '--require',
      '/app/node_modules/tsx/dist/preflight.cjs',
      '--import',
      'file:///app/node_modules/tsx/dist/loader.mjs',
    ],
    ['--import', 'tsx'],
    ['--import=tsx'],
    ['-r', 'tsx/cjs'],
    ['--require', 'C:\\app\\node_modules\\tsx\\dist\\preflight.cjs'],
  ]) {
    it(`names tsx under ${options.join(' ')}`, () => {
      expect(metadataCure(options)).to.match(/runs under tsx/);
    });
  }

  for (const options of [
    [],
    ['-r', '@swc-node/register'],
    ['--import', './my-tsx.mjs'],
    ['--import', 'tsx2'],
  ]) {
    it(`names all tools under ${options.join(' ') || 'no options'}`, () => {
      expect(metadataCure(options)).to.match(/^compile with emitDecoratorMetadata/);
    });
  }
});

import { join } from 'node:path';
import { expect } from 'chai';
import manifest from '../../package.json';
import { undocumented } from './docstrings';

const SRC = join(__dirname, '../../src');
const MODULES = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => join(SRC, name, 'index.ts'));

describe('Docstrings', () => {
  it('are on every public name, and on every member of options, events, logins, users and interfaces', () => {
    expect(undocumented(MODULES)).to.deep.equal([]);
  });

  it('are missed on a name and on a member, but not on a tag, a private member and what is not exported', () => {
    const path = join(SRC, 'told.ts');
    const source = `
      /** Told. */
      export interface ToldOptions {
        type: 'told';
        /** Told. */
        told: string;
        silent: string;
      }
      export interface Silent { silent: string }
      /** Told. */
      export class ToldEvent { #own = 1; private own = this.#own; protected kept = this.own; }
      interface Unseen { silent: string }
      export const silent: Unseen = { silent: '' };`;
    expect(undocumented([path], { [path]: source })).to.deep.equal([
      'Silent',
      'ToldOptions.silent',
      'silent',
    ]);
  });
});

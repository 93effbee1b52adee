import { join } from 'node:path';
import { expect } from 'chai';
import { importGraph, readSources } from './import-graph';
import { brokenRules, runtimeCycle } from './import-rules';

describe('Import rules', () => {
  const graph = importGraph(readSources(join(__dirname, '../../src')));

  it('hold for every module of src', () => {
    expect(brokenRules(graph)).to.deep.equal([]);
  });

  it('leave no cycle of modules or folders at run time', () => {
    expect(runtimeCycle(graph) ?? []).to.deep.equal([]);
  });

  it('see every module', () => {
    expect([...graph.keys()]).to.include.members(['errors', 'core/user', 'util/clock']);
  });
});

describe('brokenRules', () => {
  const modules = {
    index: '',
    errors: '',
    'core/user': '',
    'util/clock': '',
    'userstores/file-userstore': '',
    'testing/index': '',
    'host/install': '',
  };
  const broken = (name: string, source: string): string[] =>
    brokenRules(importGraph({ ...modules, [name]: source }));

  const cases: [rule: string, name: string, source: string][] = [
    ['util that imports core', 'util/clock', `import type { User } from '../core/user';`],
    ['errors that import core', 'errors', `import { User } from './core/user';`],
    ['core that imports a store', 'core/user', `export { x } from '../userstores/file-userstore';`],
    [
      'a provider that imports a store',
      'providers/p',
      `import type { S } from '../userstores/file-userstore';`,
    ],
    ['a module that imports the entry point', 'tokens/t', `import { securest } from '../index';`],
    ['a module that imports a folder that is an entry point', 'tokens/t', `import { x } from '../testing';`],
    ['a provider that loads the host', 'providers/p', `import { Action } from 'routing-controllers';`],
    ['a provider that requires the host', 'providers/p', `const host = require('routing-controllers');`],
    [
      'a module below the host that knows a type of it',
      'providers/p',
      `import type { A } from 'routing-controllers';`,
    ],
    ['a module that loads host/', 'guards/g', `import { install } from '../host/install';`],
    ['a module that knows a type of host/', 'guards/g', `import type { I } from '../host/install';`],
    ['a subpath that loads host/ at once', 'passkeys/p', `import { install } from '../host/install';`],
    ['a package that is no dependency', 'tokens/t', `import { jwtVerify } from 'jose';`],
    ['an optional peer at run time', 'host/koa', `import Koa from 'koa';`],
    ['a dynamic import of a package', 'tokens/t', `export const load = () => import('jose');`],
  ];
  for (const [rule, name, source] of cases) {
    it(`refuses ${rule}`, () => {
      expect(broken(name, source)).to.have.length(1);
    });
  }

  it('accepts the host in host/, and for a subpath when something is called', () => {
    const host = `import { Get } from 'routing-controllers'; import { ValidateBy } from 'class-validator';`;
    expect(broken('host/decorators', host)).to.deep.equal([]);
    expect(broken('passkeys/p', `const load = () => require('../host/install');`)).to.deep.equal([]);
    expect(broken('http-error', `const { HttpError } = require('routing-controllers');`)).to.deep.equal([]);
  });

  it('accepts types of optional peers, built-ins and dependencies', () => {
    const source = `
      import { type Context } from 'koa';
      import { createHmac } from 'node:crypto';
      import { parse } from 'yaml';
      import { User } from '../core/user';`;
    expect(broken('providers/p', source)).to.deep.equal([]);
  });

  it('refuses an import of a module that does not exist', () => {
    expect(() => broken('tokens/t', `import { x } from './missing';`)).to.throw('tokens/t');
  });
});

describe('runtimeCycle', () => {
  it('finds a cycle of modules', () => {
    const graph = importGraph({
      'a/one': `import { two } from './two';`,
      'a/two': `import { three } from './three';`,
      'a/three': `import { one } from './one';`,
    });
    expect(runtimeCycle(graph)).to.deep.equal(['a/one', 'a/two', 'a/three', 'a/one']);
  });

  it('finds a cycle of folders that no single module closes', () => {
    const graph = importGraph({
      'a/one': `import { two } from '../b/two';`,
      'a/other': '',
      'b/two': '',
      'b/three': `import { other } from '../a/other';`,
    });
    expect(runtimeCycle(graph)).to.deep.equal(['a', 'b', 'a']);
  });

  it('allows a cycle of types', () => {
    const graph = importGraph({
      'a/one': `import type { Two } from './two';`,
      'a/two': `import { One } from './one';`,
    });
    expect(runtimeCycle(graph) ?? []).to.deep.equal([]);
  });
});

import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Container } from 'typedi';
import { ConfigurationError } from '../../../src/errors';
import {
  callable,
  flag,
  isText,
  listOf,
  oneOf,
  optional,
  text,
  wholeNumber,
  withMethods,
} from '../../../src/util/option-kinds';
import { objectOf, parseOptions, withoutContainer, isPlainObject } from '../../../src/util/parse-options';

const SHAPE = {
  name: text,
  size: optional(wholeNumber({ min: 1, max: 9 }), 5),
  strict: optional(flag, true),
  mode: optional(oneOf('fast', 'slow'), 'fast'),
  tags: optional(listOf('names', isText), []),
  inner: optional(objectOf({ size: wholeNumber({ min: 0, max: 1 }) })),
  clock: optional(callable<() => number>()),
  log: optional(withMethods<object>('info')),
};
const parse = (options: unknown) => parseOptions('Thing', options, SHAPE);
const refusal = (options: unknown): string => {
  try {
    parse(options);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return expect.fail('was accepted');
};

describe('parseOptions', () => {
  it('fills in the defaults, for undefined too', () => {
    const defaults = { name: 'a', size: 5, strict: true, mode: 'fast', tags: [] };
    const absent = { inner: undefined, clock: undefined, log: undefined };
    expect(parse({ name: 'a' })).to.deep.equal({ ...defaults, ...absent });
    expect(parse({ name: 'a', size: undefined, inner: undefined })).to.deep.equal({ ...defaults, ...absent });
  });

  it('takes what it is given, false and 0 included', () => {
    const given = { name: 'a', size: 9, strict: false, mode: 'slow', tags: ['x'], inner: { size: 0 } };
    expect(parse(given)).to.deep.include(given);
  });

  it('names every mistake at once, by component and option, and no value', () => {
    const message = refusal({ size: 'canary', inner: { size: 'canary', sise: 1 }, nmae: 'canary' });
    expect(message).to.match(/^Thing: /);
    for (const part of [
      'name must',
      'size must',
      'inner.size must',
      'inner must not have "sise"',
      '"nmae"',
    ]) {
      expect(message).to.contain(part);
    }
    expect(message).to.not.contain('canary');
  });

  it('refuses null for every option', () => {
    for (const option of Object.keys(SHAPE)) {
      expect(refusal({ name: 'a', [option]: null }), option).to.contain(`${option} must`);
    }
  });

  const unknown: Readonly<Record<string, object>> = {
    'a misspelt name': { naem: 'a' },
    'a name of another case': { Size: 1 },
    'a name of Object.prototype': { toString: () => '' },
    'an unknown option that is undefined': { siez: undefined },
    'an own __proto__': JSON.parse('{ "__proto__": { "size": 1 } }') as object,
    'a property that is not enumerable': Object.defineProperty({}, 'siez', { value: 1 }),
    'a symbol': { [Symbol('siez')]: 1 },
  };
  for (const [what, more] of Object.entries(unknown)) {
    it(`refuses ${what}`, () => {
      const options = Object.defineProperties({ name: 'a' }, Object.getOwnPropertyDescriptors(more));
      expect(refusal(options)).to.contain('the options must not have "');
    });
  }

  it('keeps an unknown name on one line, and short', () => {
    const message = refusal({ name: 'a', [`a\n\u202e${'x'.repeat(5000)}`]: 1 });
    expect(message).to.not.match(/[\n\u202e]/);
    expect(message.length).to.be.lessThan(400);
  });

  it('refuses what is no plain object, since it would inherit unchecked options', () => {
    class Config {
      readonly name = 'a';
      get size() {
        return this.name.length;
      }
    }
    const others = [null, true, 'x', 7, [], () => 1, new Map(), new Config(), Object.create({ size: 1 })];
    for (const options of others as unknown[]) {
      expect(refusal(options)).to.equal('Thing: the options must be an object');
      expect(refusal({ name: 'a', inner: options })).to.contain('inner must be an object');
    }
  });

  it('takes an object without a prototype, and one of another realm', () => {
    expect(parse(Object.assign(Object.create(null), { name: 'a' }))).to.include({ name: 'a' });
    expect(parse(runInNewContext("({ name: 'a' })"))).to.include({ name: 'a' });
  });

  it('reads an option once', () => {
    let reads = 0;
    const size = () => (reads++ === 0 ? 1 : 1000);
    expect(parse(Object.defineProperty({ name: 'a' }, 'size', { get: size, enumerable: true }))).to.include({
      size: 1,
    });
  });
});

describe('The kinds of options', () => {
  const values: Readonly<Record<string, [good: unknown[], bad: unknown[]]>> = {
    name: [['a', ' '], ['', 7, ['a'], new String('a')]],
    size: [[1, 9], [0, 10, 1.5, NaN, Infinity, -1, '5', true, 5n, [5], new Number(5)]],
    strict: [[true, false], [0, 1, 'true', '']],
    mode: [['fast', 'slow'], ['', 'Fast', ['fast'], 'constructor']],
    tags: [[[], ['a', 'b']], ['a', [''], [7], [undefined], Array(1), { 0: 'a' }, new Set(['a'])]],
    clock: [[() => 1, class {}], [1, new Date(), {}]],
    log: [[{ info() {} }, class { static info() {} }], [{}, { info: 1 }, 'x', () => 1]],
  }; // prettier-ignore
  for (const [option, [good, bad]] of Object.entries(values)) {
    it(`take the values of ${option}, and no other`, () => {
      for (const value of good) expect(parse({ name: 'a', [option]: value })).to.have.property(option, value);
      for (const value of bad) expect(refusal({ name: 'a', [option]: value })).to.match(/^Thing: [^;]+$/);
    });
  }
});

describe('withoutContainer', () => {
  it('takes a container of TypeDI for no options', () => {
    expect(withoutContainer(Container.of('parse-options'))).to.equal(undefined);
  });

  it('keeps everything else, to be checked', () => {
    const plain = { get() {}, getMany() {}, has() {}, set() {}, remove() {}, reset() {} };
    for (const options of [undefined, null, plain, new Map(), { get() {} }, 'x', []]) {
      expect(withoutContainer(options)).to.equal(options);
    }
  });
});

describe('isPlainObject', () => {
  it('is true for objects without a class alone', () => {
    for (const value of [{}, Object.create(null), { constructor: 1 }, runInNewContext('({})')]) {
      expect(isPlainObject(value)).to.equal(true);
    }
    for (const value of [null, undefined, [], 'a', 1, () => 1, new Map(), new (class A {})()]) {
      expect(isPlainObject(value)).to.equal(false);
    }
  });
});

import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { describeError, describeReason } from '../../../src/util/describe-error';

const SECRET = 'open sesame of ann';
const HASH = `$2b$12$${'a'.repeat(53)}`;
const MAX = 4001;

function errorWith(properties: PropertyDescriptorMap): Error {
  return Object.defineProperties(new Error('told'), properties);
}

describe('describeError', () => {
  it('tells the causes, each without secrets, and where it came from', () => {
    const error = new Error(`outer ${SECRET}`, { cause: new TypeError(`inner ${HASH} ${SECRET}`) });
    const text = describeError(error, [SECRET]);
    expect(text)
      .to.match(/^Error: outer \*\*\*\n +at /)
      .and.match(/ caused by TypeError: inner \*\*\* \*\*\*\n +at /);
  });

  it('tells an error of another realm', () => {
    const foreign = runInNewContext(`new RangeError('elsewhere')`) as unknown;
    expect(describeError(foreign)).to.match(/^RangeError: elsewhere/);
    expect(describeReason(foreign)).to.equal('RangeError: elsewhere');
  });

  for (const [name, error] of Object.entries({
    message: new Error(`${'x'.repeat(10_000_000)} ${SECRET}`),
    'message without a stack': errorWith({
      stack: { value: '' },
      message: { value: 'x'.repeat(10_000_000) },
    }),
    stack: errorWith({ stack: { value: `${SECRET} `.repeat(1_000_000) } }),
    name: errorWith({ stack: { value: undefined }, name: { value: 'N'.repeat(10_000_000) } }),
  })) {
    it(`is bounded where an error has a huge ${name}`, () => {
      expect(describeError(error, [SECRET]).length).to.be.at.most(MAX);
      expect(describeReason(error, [SECRET]).length).to.be.at.most(MAX);
      expect(describeError(error, [SECRET])).to.not.contain('sesame');
    });
  }

  it('leaves no half of a secret where a long message is cut', () => {
    for (let before = 3980; before < 4010; before += 1) {
      const error = errorWith({ stack: { value: `${'-'.repeat(before)}${SECRET}${'-'.repeat(9000)}` } });
      expect(describeError(error, [SECRET])).to.not.match(/open|ses|ann/);
    }
  });

  it('ends where causes go round, or are many', () => {
    const [one, other] = [new Error('one'), new Error('other')];
    one.cause = other;
    other.cause = one;
    expect(describeError(one).match(/caused by/g)).to.have.length(5);
    let deep = new Error('deepest');
    for (let depth = 0; depth < 1000; depth += 1) deep = new Error(String(depth), { cause: deep });
    expect(describeError(deep).match(/caused by/g)).to.have.length(5);
  });

  it('asks for each property once, so that no later answer slips past', () => {
    let asked = 0;
    const error = errorWith({
      stack: { get: () => ((asked += 1), asked === 1 ? 'first' : SECRET) },
      cause: { get: () => undefined },
    });
    expect(describeError(error)).to.equal('first');
  });

  const broken = () => {
    throw new Error(SECRET);
  };
  const unreadable: Record<string, unknown> = {
    'a stack that throws': errorWith({ stack: { get: broken } }),
    'a cause that throws': errorWith({ cause: { get: broken } }),
    'a message that is a symbol': errorWith({ stack: { value: 1 }, message: { value: Symbol('m') } }),
    'a message that cannot be made text': errorWith({
      stack: { value: {} },
      message: { value: { toString: broken } },
    }),
    'no prototype and no text': new Proxy(new Error('x'), { getPrototypeOf: broken, get: broken }),
  };
  for (const [name, thrown] of Object.entries(unreadable)) {
    it(`says that it cannot be read: ${name}`, () => {
      expect(describeError(thrown)).to.equal('something unreadable was thrown');
      expect(describeReason(thrown)).to.not.contain(SECRET);
    });
  }

  for (const [thrown, text] of [
    [SECRET, 'string'],
    [{ message: SECRET }, 'object'],
    [null, 'object'],
    [undefined, 'undefined'],
    [() => SECRET, 'function'],
  ] as const) {
    it(`names only the type of what is no error: ${text}`, () => {
      expect(describeError(thrown)).to.equal(`${text} was thrown`);
      expect(describeReason(thrown)).to.equal(text);
    });
  }

  it('gives as the reason what lies behind an error', () => {
    expect(describeReason(new Error('hidden', { cause: new TypeError('real') }))).to.equal('TypeError: real');
    expect(describeReason(new Error('real', { cause: 'text' }))).to.equal('Error: real');
    expect(describeReason(new Error(`for ${SECRET}`), [SECRET])).to.equal('Error: for ***');
  });
});

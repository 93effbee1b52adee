import { inspect } from 'node:util';
import { expect } from 'chai';
import { hiddenProperty } from '../../../src/util/hidden-property';

describe('hiddenProperty', () => {
  it('is on the very object, frozen or not, where nothing shows, copies or inherits it', () => {
    const property = hiddenProperty<number>();
    for (const object of [{ a: 1 }, Object.freeze({ a: 1 })]) {
      property.set(object, 7);
      expect(property.get(object)).to.equal(7);
      expect([Reflect.ownKeys(object), inspect(object), JSON.stringify(object)]).to.deep.equal([
        ['a'],
        '{ a: 1 }',
        '{"a":1}',
      ]);
      for (const other of [{ ...object }, Object.create(object), structuredClone(object)] as unknown[]) {
        expect(property.get(other)).to.equal(undefined);
      }
    }
  });

  it('takes another value, and is apart from every other property', () => {
    const [one, other, object] = [hiddenProperty<string>(), hiddenProperty<string>(), {}];
    one.set(object, 'a');
    expect(other.get(object)).to.equal(undefined);
    one.set(object, 'b');
    other.set(object, 'c');
    expect([one.get(object), other.get(object)]).to.deep.equal(['b', 'c']);
  });

  it('is on nothing that is no object', () => {
    const property = hiddenProperty<number>();
    for (const value of [undefined, null, '', 'text', 0, true, Symbol('s')]) {
      expect(property.get(value)).to.equal(undefined);
    }
  });
});

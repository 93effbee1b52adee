import { expect } from 'chai';
import { placeholders } from '../../../src/sql/mysql-placeholders';

describe('placeholders of MySQL', () => {
  for (const [sql, params, text, values] of [
    ['SELECT $1', ['a'], 'SELECT ?', ['a']],
    ['SET h = $1 WHERE n = $2 AND h = $3', [1, 2, 3], 'SET h = ? WHERE n = ? AND h = ?', [1, 2, 3]],
    ['$3 $1 $3', ['a', 'b', 'c'], '? ? ?', ['c', 'a', 'c']],
    ['$10 $1', Array.from({ length: 10 }, (_, at) => at), '? ?', [9, 0]],
    ['a = ? OR b = ?', ['x'], 'a = ? OR b = ?', ['x', 'x']],
    ['SELECT 1', ['x'], 'SELECT 1', []],
    [`'$1 ''$1' $1`, ['x'], `'$1 ''$1' ?`, ['x']],
    [`'it\\'s $1' $1`, ['x'], `'it\\'s $1' ?`, ['x']],
    ['"$1" `$1?` $1', ['x'], '"$1" `$1?` ?', ['x']],
    ['-- $1 ?\n$1 # $1\n/* $1 ? */ a$1 $$1', ['x'], '-- $1 ?\n? # $1\n/* $1 ? */ a$1 $$1', ['x']],
    ["JSON_EXTRACT(a, '$.b[0]') = $1", ['x'], "JSON_EXTRACT(a, '$.b[0]') = ?", ['x']],
  ] as const) {
    it(`reads ${JSON.stringify(sql)}`, () => {
      for (const again of [1, 2]) {
        expect(placeholders(sql, params), String(again)).to.deep.equal({ text, values });
      }
    });
  }

  for (const [sql, params] of [
    ['SELECT $2', ['a']],
    ['SELECT $0', ['a']],
    ['SELECT $1', []],
    ['SELECT ?', []],
    ['SET h = ? WHERE n = ?', ['a', 'b']],
  ] as const) {
    it(`throws for ${sql} with ${String(params.length)} values`, () => {
      expect(() => placeholders(sql, params)).to.throw(RangeError);
    });
  }
});

import { expect } from 'chai';
import { parseArrayText } from '../../../src/sql/array-text';

describe('parseArrayText', () => {
  for (const [text, elements] of [
    ['{}', []],
    ['{admin}', ['admin']],
    ['{admin,editor}', ['admin', 'editor']],
    ['{"team lead","a,b","{c}",d}', ['team lead', 'a,b', '{c}', 'd']],
    [String.raw`{"say \"hi\"","back\\slash","\\"}`, ['say "hi"', 'back\\slash', '\\']],
    ['{"line\nbreak"}', ['line\nbreak']],
    ['{""}', ['']],
    ['{NULL,"NULL",null}', [null, 'NULL', null]],
    ['{user:read,ünïcödé}', ['user:read', 'ünïcödé']],
    ['[0:1]={a,b}', ['a', 'b']],
    ['[-1:0]={a,b}', ['a', 'b']],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseArrayText(text)).to.deep.equal(elements);
    });
  }

  for (const text of [
    ...['', 'admin', 'admin,editor', '{', '}', '{a', 'a}', '{a,}', '{,a}', '{,}', '{a}b', ' {a}', '{a} '],
    ...['{{a},{b}}', '{a b}', '{"a}', '{"a"b}', '{a"b"}', String.raw`{a\b}`, '{"admin":true}', '["a"]'],
    ...['[0:1]={a', '[0:1]', '[0]={a}', '[1:1][1:1]={{a}}', '{a}\n', '{ a}'],
  ]) {
    it(`takes ${JSON.stringify(text)} for no array`, () => {
      expect(parseArrayText(text)).to.equal(undefined);
    });
  }
});

import { expect } from 'chai';
import { allOf, anyOf, permission } from '../../../src';
import { summarise } from '../../../src/access/summary';
import { toRule } from '../../../src/rules/rules';

function summary(rules: readonly unknown[], more: readonly string[] = []): string {
  return summarise(
    {
      action: 'Notes.list',
      method: 'GET',
      route: '/notes',
      isPattern: false,
      numericParameters: [],
      levels: rules.map((rule) => ({ rule: toRule(rule, 'test'), source: 'class Notes' })),
      openedBy: undefined,
    },
    more,
  );
}

describe('summarise', () => {
  it('is one text for all guards that let the same users in', () => {
    const same = [
      [anyOf('editor', 'admin')],
      [['admin', 'editor']],
      [anyOf('admin', anyOf('editor', 'admin'))],
      [undefined, ['admin', 'editor']],
    ];
    for (const rules of same) expect(summary(rules)).to.equal('admin or editor');
    expect(summary(['b', 'a']))
      .to.equal(summary([allOf('a', 'b')]))
      .and.to.equal('a and b');
  });

  it('has parentheses only where they are needed', () => {
    expect(summary(['editor', anyOf('b', 'a')])).to.equal('(a or b) and editor');
    expect(summary([anyOf(allOf('b', 'a'), permission('x:y'))])).to.equal('(a and b) or permission x:y');
    expect(summary([['b', 'a']], ['paths of editors'])).to.equal('(a or b) and paths of editors');
  });

  it('tells open from any login, and any login beside what else is asked', () => {
    expect(summary([])).to.equal('open');
    expect(summary([undefined, undefined])).to.equal('any login');
    expect(summary([undefined], ['paths of editors'])).to.equal('paths of editors');
  });

  it('quotes a role whose name reads as another summary', () => {
    for (const name of ['open', 'any login', 'a or b', 'and']) {
      expect(summary([name])).to.equal(JSON.stringify(name));
    }
  });
});

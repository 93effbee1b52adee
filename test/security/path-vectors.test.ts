import { expect } from 'chai';
import { matchRule } from '../support/path-rules';
import flask from '../vectors/flask_securest_paths.json';
import spring from '../vectors/path_patterns_spring.json';

type Effect = 'allow' | 'deny';

/** Why a row is decided in another way than flask-secuREST decided it; undefined where it may not be. */
function reasonFor(
  effect: Effect,
  pattern: string,
  path: string,
  warn: string,
  ours: string,
): string | undefined {
  if (ours === 'refused rule') return 'a rule that can match nothing is refused';
  if (ours === 'refused path') return 'a path that is read in two ways is refused';
  if (warn.startsWith('pattern holds regexp')) return 'a rule is no regular expression';
  const folds = pattern !== '/' && (pattern.endsWith('/') || (path !== '/' && /\/$|[A-Z]/.test(path)));
  if (folds && ours === 'match') return 'case and one slash at the end fold';
  if (effect === 'allow' && pattern.includes('*') && ours === 'no match')
    return 'an allow stays in its segment';
  if (folds) return 'case and one slash at the end fold';
  return undefined;
}

const EXPECTED: Record<Effect, Record<string, number>> = {
  allow: {
    'a path that is read in two ways is refused': 22,
    'a rule is no regular expression': 31,
    'a rule that can match nothing is refused': 1,
    'an allow stays in its segment': 6,
    'case and one slash at the end fold': 15,
  },
  deny: {
    'a path that is read in two ways is refused': 22,
    'a rule is no regular expression': 31,
    'a rule that can match nothing is refused': 1,
    'case and one slash at the end fold': 18,
  },
};

describe("flask-secuREST's decisions", () => {
  for (const effect of ['allow', 'deny'] as const) {
    const differences = new Map<string, number>();
    for (const { pattern, path, flask_securest_result: theirs, warn } of flask.vectors) {
      const ours = matchRule(effect, pattern, path);
      const isSame = (ours === 'match') === (theirs === true) && typeof theirs === 'boolean';
      const reason = isSame ? undefined : reasonFor(effect, pattern, path, warn, ours);
      if (reason !== undefined) differences.set(reason, (differences.get(reason) ?? 0) + 1);
      const outcome = isSame ? 'as there' : `${ours}: ${reason ?? 'no reason'}`;
      it(`${effect} ${JSON.stringify(pattern)} for ${JSON.stringify(path)}: ${outcome}`, () => {
        if (!isSame) expect(reason, `${ours}, there ${String(theirs)}`).to.be.a('string');
      });
    }
    it(`${effect}: differs only where it is meant to`, () => {
      expect(Object.fromEntries(differences)).to.deep.equal(EXPECTED[effect]);
    });
  }

  it('a deny never covers less than there, but for regular expressions and what is refused anyhow', () => {
    for (const { pattern, path, flask_securest_result: theirs, warn } of flask.vectors) {
      if (theirs !== true || warn !== '') continue;
      expect(matchRule('deny', pattern, path), `${pattern} ${path}`).to.not.equal('no match');
    }
  });
});

/** Rules with a meaning that is shared: literal segments and `*`; `?` and `{}` are refused. */
const shared = spring.vectors
  .filter(({ pattern, path }) => pattern.startsWith('/') === path.startsWith('/') && !/[?{]/.test(pattern))
  .filter(({ pattern, path }) => !/\/\/|:/.test(pattern + path) && pattern !== '');

describe("Spring's patterns, where they mean the same", () => {
  const rooted = (text: string) => (text.startsWith('/') ? text : `/${text}`);
  for (const { id, pattern, path, expect: expected } of shared) {
    // `**` is Spring's wildcard across segments, as `*` is in a deny rule.
    const effect = pattern.includes('**') ? 'deny' : 'allow';
    it(`${effect} ${pattern} for ${path}`, () => {
      const ours = matchRule(effect, rooted(pattern), rooted(path));
      expect(ours).to.equal(DIFFERENT[id] ?? (expected === 'match' ? 'match' : 'no match'));
    });
  }

  it('leaves few out', () => {
    expect(shared.length).to.equal(101);
  });

  for (const { pattern } of spring.vectors.filter((vector) => /[?{]/.test(vector.pattern))) {
    it(`${pattern} is refused, as what it means there it does not mean here`, () => {
      expect(matchRule('deny', rooted(pattern), '/')).to.equal('refused rule');
    });
  }
});

/** One slash at the end folds, and `/x/*` covers `/x`. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'ant-29': 'match',
  'ant-31': 'match',
  'ant-126': 'match',
  'ant-128': 'match',
};

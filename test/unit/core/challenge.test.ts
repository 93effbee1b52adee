import { expect } from 'chai';
import { type Challenge, formatChallenge } from '../../../src/core/challenge';

describe('formatChallenge', () => {
  const table: [Challenge, string][] = [
    [{ scheme: 'Negotiate' }, 'Negotiate'],
    [{ scheme: 'Basic', params: {} }, 'Basic'],
    [{ scheme: 'Basic', params: { realm: 'WallyWorld' } }, 'Basic realm="WallyWorld"'],
    [{ scheme: 'Basic', params: { realm: 'foo', charset: 'UTF-8' } }, 'Basic realm="foo", charset="UTF-8"'],
    [{ scheme: 'Newauth', params: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
      'Newauth realm="apps", type="1", title="Login to \\"apps\\""'],
    [{ scheme: 'X', params: { a: '\\', b: '', c: 'a, b="c"' } }, 'X a="\\\\", b="", c="a, b=\\"c\\""'],
    [{ scheme: 'X', params: { a: '\t ~' } }, 'X a="\t ~"'],
  ]; // prettier-ignore
  for (const [challenge, header] of table) {
    it(`writes ${header} (RFC 9110 section 11.6.1, 5.6.4; RFC 7617 section 2)`, () => {
      expect(formatChallenge(challenge)).to.equal(header);
    });
  }

  const refused: [string, Challenge][] = [
    ['an empty scheme', { scheme: '' }],
    ['a scheme with a space', { scheme: 'Basic realm' }],
    ['a scheme with a line break', { scheme: 'Basic\n' }],
    ['a parameter name that is no token', { scheme: 'X', params: { 'a b': '1' } }],
    ['an empty parameter name', { scheme: 'X', params: { '': '1' } }],
    ['CRLF in a value', { scheme: 'X', params: { a: 'x\r\nSet-Cookie: y' } }],
    ['a trailing line break in a value', { scheme: 'X', params: { a: 'x\n' } }],
    ['NUL in a value', { scheme: 'X', params: { a: '\0' } }],
    ['DEL in a value', { scheme: 'X', params: { a: '\x7f' } }],
    ['a value beyond ASCII', { scheme: 'X', params: { a: 'é' } }],
  ];
  for (const [what, challenge] of refused) {
    it(`throws for ${what}`, () => {
      expect(() => formatChallenge(challenge)).to.throw(TypeError);
    });
  }
});

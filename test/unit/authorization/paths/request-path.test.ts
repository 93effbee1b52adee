import { expect } from 'chai';
import { parseRequestPath } from '../../../../src/authorization/paths/request-path';

describe('parseRequestPath', () => {
  for (const [sent, text] of [
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a'],
    ['/A/bC', '/a/bc'],
    ['/%61', '/a'],
    ['/%41', '/a'],
    ['/a%20b', '/a b'],
    ['/%E3%81%82', '/あ'],
    ['/%C3%89', '/É'],
    ["/~a.b-c_d!$&'()*+,=:@", "/~a.b-c_d!$&'()*+,=:@"],
    ['/...', '/...'],
    ['/a%3Fb', '/a?b'],
    ['/a%2Eb', '/a.b'],
  ] as const) {
    it(`reads ${sent} as ${text}`, () => {
      expect(parseRequestPath(sent)).to.deep.equal({
        text,
        segments: text === '/' ? [] : text.slice(1).split('/'),
      });
    });
  }

  for (const sent of [
    '',
    'a',
    '*',
    '//',
    '//a',
    '/a//',
    '/a//b',
    '/.',
    '/./a',
    '/a/..',
    '/%2e',
    '/%2E%2e/a',
    '/a;b',
    '/a%3bb',
    '/a\\b',
    '/a%5cb',
    '/a%2Fb',
    '/a%2fb',
    '/a%25',
    '/a%2561',
    '/a%',
    '/a%4',
    '/a%zz',
    '/a%ff',
    '/a%c0%af',
    '/a%ed%a0%80',
    '/a%00',
    '/a%0a',
    '/a%0D',
    '/a%09',
    '/a%7f',
    '/a%c2%85',
    '/a%e2%80%a8',
    '/a%e2%80%a9',
    '/a b',
    '/a\u00a0',
    '/a\ufeff',
    '/あ',
    '/a\n',
    `/${'a'.repeat(4096)}`,
    '/a'.repeat(257),
  ]) {
    it(`refuses ${JSON.stringify(sent.slice(0, 40))}`, () => {
      expect(parseRequestPath(sent)).to.equal(undefined);
    });
  }

  it('takes 4,096 characters and 256 segments', () => {
    expect(parseRequestPath(`/${'a'.repeat(4095)}`)?.segments).to.have.length(1);
    expect(parseRequestPath('/a'.repeat(256))?.segments).to.have.length(256);
  });
});

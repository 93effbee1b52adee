import { expect } from 'chai';
import { returnPath } from '../../../src/http/return-path';

describe('returnPath', () => {
  for (const path of [
    '/',
    '/notes',
    '/notes/7?x=1&y=%2F#top',
    '/a//b',
    `/${'a'.repeat(1999)}`,
    '/~!$()*,:@',
  ]) {
    it(`takes ${path.slice(0, 40)}`, () => {
      expect(returnPath(path)).to.equal(path);
    });
  }

  const refused: readonly unknown[] = [
    '', 'notes', '//evil.example', '/\\evil.example', '\\/evil.example', '/a\\b', 'https://evil.example/', '///x',
    '/.//evil.example', '/..//evil.example', '/%2e//evil.example', '/././/x', '/a b', '/a\tb', '/a\r\nSet-Cookie: x=y', '/\u0000', '/caf\u00e9',
    `/${'a'.repeat(2000)}`, ' /notes', '/\t/evil.example', '/\n/evil.example', undefined, null, 7, {}, ['/notes'],
  ]; // prettier-ignore
  for (const value of refused) {
    it(`refuses ${JSON.stringify([value]).slice(1, 40)}`, () => {
      expect(returnPath(value)).to.equal(undefined);
    });
  }
});

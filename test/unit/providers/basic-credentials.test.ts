import { expect } from 'chai';
import { MalformedCredentialsError } from '../../../src/errors';
import { parseBasicCredentials } from '../../../src/providers/basic-credentials';

function basic(text: string | Uint8Array, scheme = 'Basic '): string {
  return scheme + Buffer.from(text).toString('base64');
}

function expectMalformed(header: string): void {
  expect(() => parseBasicCredentials(header))
    .to.throw(MalformedCredentialsError)
    .with.property('httpCode', 401);
}

describe('parseBasicCredentials', () => {
  it('reads the example of RFC 7617 section 2', () => {
    expect(parseBasicCredentials('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')).to.deep.equal({
      username: 'Aladdin',
      password: 'open sesame',
    });
  });

  it('reads the UTF-8 example of RFC 7617 section 2.1', () => {
    expect(parseBasicCredentials('Basic dGVzdDoxMjPCow==')).to.deep.equal({
      username: 'test',
      password: '123£',
    });
  });

  it('returns null without a header and for another scheme', () => {
    for (const header of [
      undefined,
      '',
      'Bearer abc',
      'XBasic Zm9vOmJhcg==',
      'Zm9vOmJhcg==',
      ' Basic Zm9vOmJhcg==',
    ]) {
      expect(parseBasicCredentials(header)).to.be.null;
    }
  });

  it('takes any case of the scheme and several spaces, and no tab', () => {
    expect(parseBasicCredentials(basic('foo:bar', 'bAsIc   '))?.username).to.equal('foo');
    expect(parseBasicCredentials(basic('foo:bar', 'Basic\t'))).to.be.null;
    expectMalformed(basic('foo:bar', 'Basic \t'));
  });

  it('splits at the first colon', () => {
    expect(parseBasicCredentials(basic('foo:a:b::'))).to.deep.equal({ username: 'foo', password: 'a:b::' });
    expect(parseBasicCredentials(basic('foo::'))).to.deep.equal({ username: 'foo', password: ':' });
  });

  it('refuses control characters in name and password', () => {
    for (const control of ['\0', '\t', '\r\n', '\x1b', '\x7f', '\x80', '\x9f']) {
      expectMalformed(basic(`fo${control}o:bar`));
      expectMalformed(basic(`foo:b${control}ar`));
    }
  });

  it('refuses invalid UTF-8, overlong forms and surrogates included', () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]]) {
      expectMalformed(basic(Uint8Array.from([...Buffer.from('foo:'), ...bytes])));
    }
  });

  it('refuses an empty user name and an empty password', () => {
    for (const text of ['', ':', 'foo:', ':bar', 'foo']) expectMalformed(basic(text));
    expectMalformed('Basic');
    expectMalformed('Basic ');
  });

  it('keeps case, spaces, byte order mark and normalisation form as sent', () => {
    for (const username of ['Foo', ' foo ', '\ufefffoo', 'ﬀoo', 'e\u0301', '\u00e9', 'İ', '\u200bfoo']) {
      expect(parseBasicCredentials(basic(`${username}: bar `))).to.deep.equal({
        username,
        password: ' bar ',
      });
    }
  });

  it('refuses base64 that is not canonical (RFC 4648 sections 3.2, 3.3 and 3.5)', () => {
    const [plus, slash] = [basic('foo:~~~>>>'), basic('foo:???')];
    expect(plus + slash).to.match(/\+.*\//);
    for (const header of [
      plus.replace('+', '-'),
      slash.replace('/', '_'),
      'Basic Zm9vOmJhcg',
      'Basic Zm9vOmJhcg=',
    ]) {
      expectMalformed(header);
    }
    for (const token of [
      'Zm9vOmJhch==',
      'Zm9vOmJhcg===',
      'Zm9v OmJhcg==',
      'Zm9vOmJhcg==\n',
      'Zm9v=OmJhcg==',
    ]) {
      expectMalformed(`Basic ${token}`);
    }
  });

  it('takes a user name of 255 characters, and no longer one', () => {
    expect(parseBasicCredentials(basic(`${'€'.repeat(255)}:bar`))?.username).to.have.length(255);
    expectMalformed(basic(`${'x'.repeat(256)}:bar`));
  });

  it('takes a password of 1,024 bytes, and no longer one', () => {
    expect(parseBasicCredentials(basic(`foo:${'é'.repeat(512)}`))?.password).to.have.length(512);
    expectMalformed(basic(`foo:${'é'.repeat(512)}x`));
    expect(parseBasicCredentials(basic(`${'€'.repeat(255)}:${'x'.repeat(1024)}`))).to.not.be.null;
  });

  it('refuses 16 MB before decoding', () => {
    const header = `Basic ${'A'.repeat(16 * 1024 * 1024)}`;
    const { from } = Buffer;
    let decoded = 0;
    Buffer.from = (...given: Parameters<typeof from>) => {
      decoded += 1;
      return from(...given);
    };
    try {
      expectMalformed(header);
    } finally {
      Buffer.from = from;
    }
    expect(decoded).to.equal(0);
  });
});

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { checkKeytab, KeytabChoice } from '../../../src/kerberos/keytab';

/** An entry of a keytab of version 2, as MIT Kerberos documents the format. */
function entry(realm: string, ...components: string[]): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  const key = Buffer.from('canary-of-the-key');
  const body = Buffer.concat([
    Buffer.from([0, components.length]),
    text(realm),
    ...components.map(text),
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 18, 0, key.length]),
    key,
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function hole(size: number): Buffer {
  const bytes = Buffer.alloc(4 + size, 0x41);
  bytes.writeInt32BE(-size);
  return bytes;
}

describe('checkKeytab', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-keytab-'));
    path = join(folder, 'http.keytab');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (...entries: Buffer[]) => {
    writeFileSync(path, Buffer.concat([Buffer.from([5, 2]), ...entries]));
  };
  const refusal = (service = 'HTTP@web.example'): string => {
    try {
      checkKeytab(path, service);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigurationError);
      expect(inspect(error)).to.not.include('canary');
      return (error as Error).message;
    }
    throw new Error('It was taken');
  };

  it('takes a keytab that has a key of the service, in any realm and behind holes', () => {
    write(entry('A', 'host', 'web.example'), hole(60), entry('B', 'HTTP', 'web.example'));
    checkKeytab(path, 'HTTP@web.example');
  });

  it('refuses one without, and says which it has', () => {
    write(entry('A', 'host', 'web.example'), entry('A', 'HTTP', 'web.example.com'));
    expect(refusal())
      .to.include('no key for HTTP/web.example.')
      .and.include('host/web.example@A, HTTP/web.example.com@A');
    write();
    expect(refusal()).to.include('no key at all');
  });

  it('says so when only the letters are others', () => {
    write(entry('A', 'HTTP', 'Web.example'));
    expect(refusal()).to.include('in other letters').and.include('HTTP/Web.example@A');
  });

  it('refuses a file that does not exist, cannot be read, or is not a keytab', () => {
    expect(refusal()).to.include('is not there');
    writeFileSync(path, 'user: alice');
    expect(refusal()).to.include('is not a keytab');
    rmSync(path);
    path = folder;
    expect(refusal()).to.include('cannot be read');
  });

  it('refuses a huge file, unread', () => {
    write();
    truncateSync(path, 1_048_577);
    expect(refusal()).to.include('cannot be read');
  });

  it('ends at what is broken, at any byte', () => {
    const whole = Buffer.concat([Buffer.from([5, 2]), entry('A', 'HTTP', 'web.example')]);
    for (let length = 2; length < 2 + 4 + 2 + 3 + 6 + 13; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      expect(refusal(), String(length)).to.include('no key');
    }
    for (const size of [0x7f_ff_ff_ff, 1, -0x80_00_00_00]) {
      whole.writeInt32BE(size, 2);
      writeFileSync(path, whole);
      try {
        checkKeytab(path, 'HTTP@other.example');
      } catch (error) {
        expect(error).to.be.instanceOf(ConfigurationError);
      }
    }
  });
});

describe('KeytabChoice', () => {
  /** The file that is checked; undefined where none is known. */
  const use = (choice: KeytabChoice, path: string | undefined): string | undefined => {
    let checked: string | undefined;
    choice.use(path, (file) => (checked = file));
    return checked;
  };

  it('names the keytab in the environment, for the whole process', () => {
    const env: NodeJS.ProcessEnv = {};
    expect(use(new KeytabChoice(env, false), '/etc/http.keytab')).to.equal('/etc/http.keytab');
    expect(env['KRB5_KTNAME']).to.equal('FILE:/etc/http.keytab');
  });

  it('takes the same one again, and none at all', () => {
    const env: NodeJS.ProcessEnv = { KRB5_KTNAME: '/etc/http.keytab' };
    const choice = new KeytabChoice(env, false);
    for (const path of [undefined, '/etc/../etc/http.keytab', undefined]) {
      expect(use(choice, path)).to.equal('/etc/http.keytab');
    }
  });

  it('refuses another than is in use', () => {
    const env: NodeJS.ProcessEnv = {};
    const choice = new KeytabChoice(env, false);
    use(choice, '/etc/http.keytab');
    expect(() => use(choice, '/etc/other.keytab')).to.throw(ConfigurationError, 'one keytab');
    expect(env['KRB5_KTNAME']).to.equal('FILE:/etc/http.keytab');
    const elsewhere = new KeytabChoice({ KRB5_KTNAME: 'MEMORY:x' }, false);
    expect(() => use(elsewhere, '/a')).to.throw(ConfigurationError);
  });

  it('refuses one after a provider that uses the default', () => {
    const choice = new KeytabChoice({}, false);
    expect(use(choice, undefined)).to.equal(undefined);
    expect(() => use(choice, '/etc/http.keytab')).to.throw(ConfigurationError, "libkrb5's default");
  });

  it('chooses nothing when the keytab does not hold', () => {
    const env: NodeJS.ProcessEnv = {};
    const choice = new KeytabChoice(env, false);
    const fail = () => {
      throw new ConfigurationError('no key');
    };
    expect(() => {
      choice.use('/etc/wrong.keytab', fail);
    }).to.throw('no key');
    expect(env).to.deep.equal({});
    expect(use(choice, '/etc/http.keytab')).to.equal('/etc/http.keytab');
  });

  it('refuses to choose in a worker thread, whose environment libkrb5 does not see', () => {
    expect(() => use(new KeytabChoice({}, true), '/etc/http.keytab')).to.throw(
      ConfigurationError,
      'worker thread',
    );
    const env = { KRB5_KTNAME: 'FILE:/etc/http.keytab' };
    expect(use(new KeytabChoice(env, true), '/etc/http.keytab')).to.equal('/etc/http.keytab');
  });
});

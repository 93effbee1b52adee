import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import type { SecurityRequest } from '../../src/core/request';
import type { User } from '../../src/core/user';
import type { UserstoreInterface } from '../../src/core/userstore';
import { BadCredentialsError, InvalidRequestError, MalformedCredentialsError } from '../../src/errors';
import { PasswordProvider } from '../../src/providers/password';
import { fakeRequest } from '../support/fake-request';
import { cheapPasswords } from '../support/hashers';
import file from '../vectors/authorization_headers.json';

interface Vector {
  id: string;
  kind: string;
  header?: string;
  headers?: Record<string, string | string[] | undefined>;
  expect: string;
  user?: string | null;
  pass?: string | null;
  why: string;
  source: string;
}

type Verdict = 'granted' | 'skipped' | 'bad' | 'malformed' | 'invalid_request';

/** What is chosen where the vectors leave a choice; `fail` depends on whether there is a user to look for. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  ok: 'granted',
  skip: 'skipped',
  /** Refused before the store: an LDAP bind without a password succeeds. */
  'policy-empty-password': 'malformed',
  /** Refused: RFC 7617 section 2 wants base64, which is padded. */
  'policy-unpadded': 'malformed',
  /** Refused: one credential has one spelling. */
  'policy-noncanonical': 'malformed',
  /** Exact: `Foo` is another user than `foo`. */
  'policy-case': 'bad',
  /** Refused by its length, before the store and any hash work. */
  'fail-fast': 'malformed',
  /** Node answers 431 before; without it, refused by its length. */
  '431': 'malformed',
};

const vectors: readonly Vector[] = file.vectors;
const basic = vectors.filter((vector) => vector.kind === 'basic');
const others = vectors.filter((vector) => vector.kind !== 'basic');

const hashes = new Map<string, string>();
const users = new Map<string, User>();
for (const { expect: expected, user, pass } of basic) {
  if (expected !== 'ok' || user == null || pass == null) continue;
  const hash = hashes.get(pass) ?? hashSync(pass, 4);
  hashes.set(pass, hash);
  users.set(user, { username: user, password: hash });
}

class RecordingUserstore implements UserstoreInterface {
  readonly asked: string[] = [];
  getUser(identifier: string): User | undefined {
    this.asked.push(identifier);
    return users.get(identifier);
  }
}

/** The header as an HTTP parser hands it on: without white space around it (RFC 9110 section 5.5). */
function requestWith(headers: Vector['headers'] = {}): SecurityRequest {
  const single = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const request = fakeRequest({
    headers: Object.fromEntries(single.map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')])),
  });
  if (!Array.isArray(headers['authorization'])) return request;
  return { ...request, header: refuseSecondLine };
}

function refuseSecondLine(): never {
  throw new InvalidRequestError();
}

async function verdictOf(
  request: SecurityRequest,
  userstore: UserstoreInterface,
): Promise<[Verdict, string?]> {
  try {
    const authentication = await provider.authenticate(request, userstore);
    return authentication === null ? ['skipped'] : ['granted', authentication.user.username];
  } catch (error) {
    if (error instanceof InvalidRequestError) return ['invalid_request'];
    if (error instanceof MalformedCredentialsError) return ['malformed'];
    if (error instanceof BadCredentialsError) return ['bad'];
    throw error;
  }
}

function verdictFor(vector: Vector): Verdict | undefined {
  if (vector.expect !== 'fail') return VERDICTS[vector.expect];
  // "Fail" with both parts named parses, and names nobody that the store knows.
  return vector.user && vector.pass ? 'bad' : 'malformed';
}

const shown = (header: unknown) => JSON.stringify(header).slice(0, 60);

const provider = new PasswordProvider({ passwords: cheapPasswords });

describe('Authorization header vectors at PasswordProvider', () => {
  before('one known user, so that unknown ones cost as little', async () => {
    await provider.authenticate(
      requestWith({ authorization: 'Basic Zm9vOmJhcg==' }),
      new RecordingUserstore(),
    );
  });

  it('are all here', () => {
    expect(basic).to.have.length(51);
    expect(others).to.have.length(22);
  });

  for (const vector of basic) {
    const verdict = verdictFor(vector);
    it(`${verdict} for ${shown(vector.header)} (${vector.expect}): ${vector.why || vector.source}`, async () => {
      const store = new RecordingUserstore();
      const [seen, user] = await verdictOf(requestWith({ authorization: vector.header }), store);
      expect(seen).to.equal(verdict);
      if (seen === 'granted') expect(user).to.equal(vector.user);
      if (seen === 'granted' || seen === 'bad') {
        // One row explains its user name in parentheses.
        expect(store.asked).to.deep.equal([vector.user?.replace(/ \(.*\)$/, '')]);
      } else {
        expect(store.asked).to.be.empty;
      }
    });
  }

  for (const vector of others) {
    const verdict = Array.isArray(vector.headers?.['authorization']) ? 'invalid_request' : 'skipped';
    it(`${verdict}, as not Basic, for ${shown(vector.headers)}: ${vector.why || vector.source}`, async () => {
      const store = new RecordingUserstore();
      expect(await verdictOf(requestWith(vector.headers), store)).to.deep.equal([verdict]);
      expect(store.asked).to.be.empty;
    });
  }
});

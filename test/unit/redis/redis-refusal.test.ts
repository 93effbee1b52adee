import { expect } from 'chai';
import { refusalOf } from '../../../src/redis/redis-refusal';

const reply = (message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name: 'ReplyError', ...more });

describe('refusalOf', () => {
  it('names the code that Redis answered with, and no more of its words', () => {
    for (const [message, words] of [
      ["READONLY You can't write against a read only replica.", 'READONLY, since it is a read-only replica'],
      ['NOAUTH Authentication required.', 'NOAUTH, since it wants a password'],
      ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM, since its memory is full'],
      ["NOPERM User canary has no permissions to run the 'get' command", 'NOPERM, since its ACL'],
      ['BUSY Redis is busy', 'BUSY'],
      ['ERR canary', 'ERR'],
    ] as const) {
      expect(refusalOf(reply(message)))
        .to.include(`Redis refuses with ${words}`)
        .and.not.include('canary');
    }
  });

  it('names what made a transaction fail', () => {
    const previousErrors = [reply('OOM command not allowed')];
    expect(refusalOf(reply('EXECABORT Transaction discarded', { previousErrors }))).to.include('with OOM');
    expect(refusalOf(reply('EXECABORT Transaction discarded', { previousErrors: [] }))).to.include(
      'EXECABORT',
    );
  });

  it('returns undefined where Redis said nothing', () => {
    for (const error of [new Error('READONLY'), undefined, null, 'OOM', reply('odd words'), reply('')]) {
      expect(refusalOf(error)).to.equal(undefined);
    }
  });
});

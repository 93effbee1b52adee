import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { requireReplayCache } from '../../../src/kerberos/replay-cache';

describe('requireReplayCache()', () => {
  it('refuses an environment that switches the replay cache off, and names the variable', () => {
    for (const [name, value] of [
      ['KRB5RCACHENAME', 'none:'],
      ['KRB5RCACHENAME', 'none:of what follows nothing is read'],
      ['KRB5RCACHETYPE', 'none'],
      ['KRB5RCACHETYPE', 'none:'],
    ] as const) {
      expect(() => {
        requireReplayCache({ [name]: value });
      }, value).to.throw(ConfigurationError, `${name} switches`);
    }
  });

  it('takes every other, as libkrb5 does', () => {
    for (const env of [
      {},
      { KRB5RCACHENAME: 'dfl:' },
      { KRB5RCACHENAME: 'file2:/var/lib/notes/none:' },
      { KRB5RCACHETYPE: 'dfl' },
      { KRB5RCACHENAME: 'dfl:', KRB5RCACHETYPE: 'none' },
      // libkrb5 knows no such types, and refuses every ticket.
      { KRB5RCACHETYPE: 'nonesuch' },
      { KRB5RCACHENAME: '' },
    ]) {
      requireReplayCache(env);
    }
  });
});

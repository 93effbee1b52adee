import { expect } from 'chai';
import { MemoryFactors, OtpService, SecurityFaultError, ServiceUnavailableError } from '../../../src';
import { SessionStore } from '../../../src/sessions/session-store';
import { askStore } from '../../../src/state/ask-store';

async function refusalOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A rejection that nobody hears of ends the run of the tests. */
const lost = (): Promise<never> => Promise.reject(new Error('lost'));

describe('askStore', () => {
  it('answers at once where the store does', () => {
    expect(askStore(() => 7)).to.equal(7);
    expect(askStore(() => null)).to.equal(null);
  });

  it('hands on what says that the store is down, thrown at once or later', async () => {
    const down = new ServiceUnavailableError();
    const late = () => Promise.reject(down);
    const early = (): never => {
      throw down;
    };
    for (const ask of [late, early]) expect(await refusalOf(() => askStore(ask))).to.equal(down);
  });

  it('takes whatever else is thrown for a fault', async () => {
    for (const cause of [new Error('x'), 'text', undefined, null]) {
      const early = (): never => {
        throw cause;
      };
      for (const ask of [early, () => Promise.reject(cause)]) {
        expect(await refusalOf(() => askStore(ask))).to.be.instanceOf(SecurityFaultError);
      }
    }
  });

  it('leaves no promise in an answer without somebody who hears it', async () => {
    expect(await askStore(() => [lost(), [lost()]])).to.have.length(2);
    const state = {
      get: () => ({ inner: lost() }) as unknown as string,
      set: () => [lost()] as unknown as boolean,
      delete: () => [lost()] as unknown as boolean,
      list: () => [lost()] as unknown as [string, string][],
    };
    const sessions = new SessionStore(state);
    const refusals = [
      await refusalOf(() => sessions.get('ses', 'x')),
      await refusalOf(() => sessions.delete('ses', 'x')),
      await refusalOf(() => sessions.list('ses', 'ann')),
      await refusalOf(() => sessions.spend('x', Date.now() + 1000)),
    ];
    const store = Object.assign(new MemoryFactors(), {
      getOtp: () => ({ inner: lost() }) as unknown as string,
    });
    const otp = new OtpService({ store, secret: 'a secret of more than thirty-two bytes' });
    refusals.push(await refusalOf(() => otp.isEnrolled({ username: 'ann' })));
    for (const refusal of refusals) {
      expect(refusal).to.satisfy(
        (error: unknown) => error instanceof SecurityFaultError || error instanceof ServiceUnavailableError,
      );
    }
    await new Promise(setImmediate);
  });
});

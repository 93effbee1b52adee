import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { attempted, chained } from '../../../src/util/maybe-promise';

const failure = new Error('failed');
const outcomeOf = (answer: unknown): Promise<unknown> =>
  Promise.resolve(answer).then(
    (value: unknown) => ['resolved', value],
    (error: unknown) => ['rejected', error],
  );

describe('chained', () => {
  it('goes on at once with what is there already', () => {
    for (const value of [1, undefined, null, '', { then: 'no function' }, () => 1]) {
      expect(chained<unknown, unknown>(value, (given) => ({ given }))).to.deep.equal({ given: value });
    }
  });

  it('waits for promises, those of another realm and whatever else has a then() too', async () => {
    const foreign = runInNewContext('Promise.resolve(1)') as Promise<number>;
    const callable = Object.assign(() => 0, { then: (resolve: (value: number) => void) => resolve(1) });
    for (const value of [Promise.resolve(1), foreign, { then: callable.then }, callable]) {
      const answer = chained<unknown, unknown>(value, (given) => ({ given }));
      expect(answer).to.be.instanceOf(Promise);
      expect(await answer).to.deep.equal({ given: 1 });
    }
  });

  it('rejects with what is thrown later, by the promise or after it', async () => {
    const throwing = {
      then: () => {
        throw failure;
      },
    };
    const fails = (): never => {
      throw failure;
    };
    for (const answer of [
      chained(Promise.reject(failure), () => 1),
      chained<unknown, number>(throwing, () => 1),
      chained(Promise.resolve(1), fails),
      chained(Promise.resolve(1), () => Promise.reject(failure)),
    ]) {
      expect(await outcomeOf(answer)).to.deep.equal(['rejected', failure]);
    }
  });
});

describe('attempted', () => {
  it('hands on what the work answers, as it is', () => {
    const promise = Promise.resolve(1);
    expect(attempted(() => promise)).to.equal(promise);
    expect(attempted(() => 1)).to.equal(1);
  });

  it('rejects with what is thrown at once, whatever it is', async () => {
    for (const thrown of [failure, undefined, 'text']) {
      const answer = attempted(() => {
        throw thrown;
      });
      expect(await outcomeOf(answer)).to.deep.equal(['rejected', thrown]);
    }
  });
});

import { inspect } from 'node:util';
import { expect } from 'chai';
import { ServiceUnavailableError } from '../../../src/errors';
import { SharedProofs } from '../../../src/util/shared-proofs';

/** A proof that ends as it is told. */
function gate() {
  let open: (proved: unknown) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const result = new Promise<unknown>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  const signals: AbortSignal[] = [];
  const verify = (signal: AbortSignal) => {
    signals.push(signal);
    return result;
  };
  return { verify, open, fail, signals };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const end = (proof: Promise<boolean>) => proof.catch((error: unknown) => error);

describe('SharedProofs', () => {
  let proofs: SharedProofs;
  let begun: number;
  const counted = (result: () => Promise<unknown>) => () => {
    begun += 1;
    return result();
  };
  const prove = (verify: (signal: AbortSignal) => Promise<unknown>, signal = new AbortController().signal) =>
    end(proofs.prove('key', verify, signal));

  beforeEach(() => {
    proofs = new SharedProofs();
    begun = 0;
  });

  it('proves once for all who ask meanwhile, and again for who asks later', async () => {
    const first = gate();
    const all = Array.from({ length: 30 }, () => prove(first.verify));
    await turn();
    expect(first.signals).to.have.length(1);
    first.open(true);
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set([true]));
    await prove(first.verify);
    expect(first.signals).to.have.length(2);
  });

  it('keeps what is asked under another key apart', async () => {
    const first = gate();
    const one = prove(first.verify);
    const other = end(proofs.prove('other', () => Promise.resolve(false), new AbortController().signal));
    expect(await other).to.equal(false);
    first.open(true);
    expect(await one).to.equal(true);
  });

  it('lets everybody prove by themselves where the first was wrong', async () => {
    const first = gate();
    const one = prove(first.verify);
    const wrong = counted(() => Promise.resolve(false));
    const others = Array.from({ length: 9 }, () => prove(wrong));
    others.push(prove(counted(() => Promise.resolve(true))));
    first.open(false);
    expect(await one).to.equal(false);
    expect(await Promise.all(others)).to.deep.equal([...Array<boolean>(9).fill(false), true]);
    expect(begun).to.equal(10);
  });

  it('begins anew with the next one where the first failed, and the rest wait for that', async () => {
    const first = gate();
    const failed = new ServiceUnavailableError();
    const one = prove(first.verify);
    const others = Array.from({ length: 29 }, () => prove(counted(() => turn().then(() => true))));
    first.fail(failed);
    expect(await one).to.equal(failed);
    expect(new Set(await Promise.all(others))).to.deep.equal(new Set([true]));
    expect(begun).to.equal(1);
  });

  it('hands each its own failure where all fail', async () => {
    const failures = Array.from({ length: 5 }, (_, count) => new Error(`failure ${String(count)}`));
    const all = failures.map((error) => prove(() => turn().then(() => Promise.reject(error))));
    expect(await Promise.all(all)).to.deep.equal(failures);
  });

  it('rejects where the proof throws before it is under way, and begins anew then', async () => {
    const error = new TypeError('broken');
    const broken = () => {
      throw error;
    };
    expect(await prove(broken)).to.equal(error);
    expect(await prove(() => Promise.resolve(true))).to.equal(true);
  });

  for (const proved of ['true', 1, {}, undefined, null]) {
    it(`takes ${inspect(proved)} for no proof, and begins for the next one`, async () => {
      const first = gate();
      const one = prove(first.verify);
      const other = prove(counted(() => Promise.resolve(true)));
      first.open(proved);
      expect([await one, await other, begun]).to.deep.equal([false, true, 1]);
    });
  }

  it('goes on for the others when the one who began it has gone', async () => {
    const first = gate();
    const own = new AbortController();
    const one = prove(first.verify, own.signal);
    const other = prove(first.verify);
    own.abort();
    expect(await one).to.be.instanceOf(ServiceUnavailableError);
    expect(first.signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
    first.open(true);
    expect(await other).to.equal(true);
  });

  it('goes on when one who waits has gone', async () => {
    const first = gate();
    const own = new AbortController();
    const one = prove(first.verify);
    const other = prove(first.verify, own.signal);
    own.abort();
    expect(await other).to.be.instanceOf(ServiceUnavailableError);
    first.open(true);
    expect(await one).to.equal(true);
  });

  it('is told to stop once nobody waits, and is joined by nobody then', async () => {
    const first = gate();
    const [one, other] = [new AbortController(), new AbortController()];
    const gone = [prove(first.verify, one.signal), prove(first.verify, other.signal)];
    one.abort();
    await turn();
    expect(first.signals[0]?.aborted).to.equal(false);
    other.abort();
    await Promise.all(gone);
    expect(first.signals[0]?.aborted).to.equal(true);
    expect(await prove(counted(() => Promise.resolve(true)))).to.equal(true);
    expect(begun).to.equal(1);
  });

  it('is joined by nobody once the one who began it has given up, though others still wait', async () => {
    const hung = gate();
    const own = new AbortController();
    const one = prove(hung.verify, own.signal);
    const waiting = new AbortController();
    const other = prove(hung.verify, waiting.signal);
    own.abort();
    await one;
    expect(await prove(() => Promise.resolve(true))).to.equal(true);
    waiting.abort();
    expect(await other).to.be.instanceOf(ServiceUnavailableError);
  });

  it('does not begin for who has gone already', async () => {
    expect(
      await prove(
        counted(() => Promise.resolve(true)),
        AbortSignal.abort(),
      ),
    ).to.be.instanceOf(ServiceUnavailableError);
    expect(begun).to.equal(0);
  });
});

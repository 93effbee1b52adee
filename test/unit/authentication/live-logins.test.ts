import { expect } from 'chai';
import { type LiveLogin, LiveLogins } from '../../../src/authentication/live-logins';

describe('LiveLogins', () => {
  it('has the logins of a user checked that have not been removed, however many', () => {
    const logins = new LiveLogins();
    const checked: string[] = [];
    const made = (name: string): LiveLogin => ({ recheck: () => void checked.push(name) });
    const [a, b, c, other] = [made('a'), made('b'), made('c'), made('other')];
    const of = (username: string): string[] => {
      checked.length = 0;
      logins.recheck(username);
      return [...checked];
    };
    logins.add('eve', other);
    expect(of('ann')).to.deep.equal([]);
    logins.add('ann', a);
    expect(of('ann')).to.deep.equal(['a']);
    logins.remove('ann', b);
    expect(of('ann')).to.deep.equal(['a']);
    logins.add('ann', b);
    logins.add('ann', c);
    expect(of('ann')).to.deep.equal(['a', 'b', 'c']);
    logins.remove('ann', a);
    logins.remove('ann', a);
    expect(of('ann')).to.deep.equal(['b', 'c']);
    logins.remove('ann', b);
    logins.remove('ann', c);
    expect(of('ann')).to.deep.equal([]);
    logins.add('ann', a);
    logins.remove('ann', a);
    expect(of('ann')).to.deep.equal([]);
    expect(of('eve')).to.deep.equal(['other']);
  });

  it('has one checked that ends others meanwhile', () => {
    const logins = new LiveLogins();
    let count = 0;
    const all: LiveLogin[] = [0, 1, 2].map(() => ({
      recheck: () => {
        count += 1;
        for (const login of all) logins.remove('ann', login);
      },
    }));
    for (const login of all) logins.add('ann', login);
    logins.recheck('ann');
    expect(count).to.equal(3);
    logins.recheck('ann');
    expect(count).to.equal(3);
  });
});

import { expect } from 'chai';
import { listenForProblems, type Problem, reportMisconfigured } from '../../../src/core/events';
import { fakeRequest } from '../../support/fake-request';

describe('reportMisconfigured', () => {
  const problem: Problem = { component: 'Users', problem: 'unreadable hash', user: 'ann' };

  it("tells the listener of that request, and no other request's", () => {
    const [mine, other] = [fakeRequest(), fakeRequest()];
    const heard: Problem[] = [];
    listenForProblems(mine, (told) => heard.push(told));
    listenForProblems(other, () => expect.fail('told of another request'));
    reportMisconfigured(mine, problem);
    expect(heard).to.deep.equal([problem]);
  });

  it('is silent when nobody listens', () => {
    expect(() => reportMisconfigured(fakeRequest(), problem)).to.not.throw();
  });
});

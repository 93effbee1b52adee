import { expect } from 'chai';
import { listenForProblems, type Problem, reportProblem } from '../../../src/core/events';
import { fakeRequest } from '../../support/fake-request';

describe('reportProblem', () => {
  const problem: Problem = { component: 'Users', problem: 'unreadable hash', user: 'ann' };

  it("tells the listener of that request, and no other request's", () => {
    const [mine, other] = [fakeRequest(), fakeRequest()];
    const heard: Problem[] = [];
    listenForProblems(mine, (told) => heard.push(told));
    listenForProblems(other, () => expect.fail('told of another request'));
    reportProblem(mine, problem);
    expect(heard).to.deep.equal([problem]);
  });

  it('is silent when nobody listens', () => {
    expect(() => reportProblem(fakeRequest(), problem)).to.not.throw();
  });
});

import { expect } from 'chai';
import { controllerOf } from '../../../bench/request/mixed-routes';
import { documentOf, expectValid, operationsIn } from '../../support/openapi';
import { reset } from '../../support/reset';

describe('The OpenAPI document of a large app', () => {
  beforeEach(reset);

  it('is valid, has or names each of 330 routes, and has less than 300 KB', async () => {
    const controllers = Array.from({ length: 33 }, (_, index) => controllerOf(index));
    const { document, unlisted } = documentOf(controllers);
    // One route in ten is a regular expression.
    expect([operationsIn(document).length, unlisted.length]).to.deep.equal([297, 33]);
    expect(Buffer.byteLength(JSON.stringify(document))).to.be.lessThan(300_000);
    await expectValid(document);
  });
});

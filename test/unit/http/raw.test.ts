import { inspect } from 'node:util';
import { expect } from 'chai';
import { type Execution, executionOf, rawRequest, rawResponse, recordArrival } from '../../../src/http/raw';

describe('Executions', () => {
  it("are kept by Node's own request, on Koa and on Express", () => {
    const [req, res] = [{}, {}];
    const execution = {} as Execution;
    const koa = { request: { koa: true }, response: { koa: true }, context: { req, res } };
    const express = { request: req, response: res };
    recordArrival(koa, execution, '/x');
    expect(executionOf(express)).to.equal(execution);
    expect(executionOf({ request: {}, response: {} })).to.equal(undefined);
    expect([Object.keys(req), JSON.stringify(req), inspect(req)]).to.deep.equal([[], '{}', '{}']);
    expect({ ...req }).to.deep.equal({});
    expect([rawRequest(koa), rawRequest(express)]).to.deep.equal([req, req]);
    expect(rawResponse(koa)).to.equal(res);
    expect(rawResponse(express)).to.equal(res);
    expect(rawResponse({ request: req, response: undefined })).to.equal(undefined);
  });
});

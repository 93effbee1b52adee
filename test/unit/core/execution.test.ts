import { expect } from 'chai';
import {
  type Execution,
  executionOf,
  rawRequest,
  rawResponse,
  recordExecution,
} from '../../../src/core/execution';

describe('Executions', () => {
  it("are kept by Node's own request, on Koa and on Express", () => {
    const [req, res] = [{}, {}];
    const execution = {} as Execution;
    const koa = { request: { koa: true }, response: { koa: true }, context: { req, res } };
    const express = { request: req, response: res };
    recordExecution(koa, execution);
    expect(executionOf(express)).to.equal(execution);
    expect(executionOf({ request: {}, response: {} })).to.equal(undefined);
    expect([rawRequest(koa), rawRequest(express)]).to.deep.equal([req, req]);
    expect(rawResponse(koa)).to.equal(res);
    expect(rawResponse(express)).to.equal(res);
    expect(rawResponse({ request: req, response: undefined })).to.equal(undefined);
  });
});

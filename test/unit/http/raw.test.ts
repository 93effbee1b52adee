import { expect } from 'chai';
import { rawRequest, rawResponse } from '../../../src/http/raw';

describe('rawRequest and rawResponse', () => {
  it('find those of Node, on Koa and on Express', () => {
    const [req, res] = [{}, {}];
    const koa = { request: { koa: true }, response: { koa: true }, context: { req, res } };
    const express = { request: req, response: res };
    expect([rawRequest(koa), rawRequest(express)]).to.deep.equal([req, req]);
    expect(rawResponse(koa)).to.equal(res);
    expect(rawResponse(express)).to.equal(res);
    expect(rawResponse({ request: req, response: undefined })).to.equal(undefined);
  });
});

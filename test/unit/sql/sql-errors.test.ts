import { expect } from 'chai';
import { isDown } from '../../../src/sql/sql-errors';

const DOWN = [
  ...['08006', '28P01', '40001', '40P01', '53300', '55P03', '57014', '57P01', '57P03', '58030', '25006'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'SQLITE_BUSY', 'SQLITE_IOERR_READ'],
];
const BUGS = ['42601', '42P01', '42703', '42501', '22P02', '23505', 'XX000', '0A000', 'SQLITE_ERROR'];

describe('isDown', () => {
  for (const code of DOWN) {
    it(`counts ${code} as down`, () => {
      expect(isDown(Object.assign(new Error('refused'), { code }))).to.equal(true);
    });
  }

  for (const code of BUGS) {
    it(`counts ${code} as a bug`, () => {
      expect(isDown(Object.assign(new Error('refused'), { code }))).to.equal(false);
    });
  }

  it('counts unknown errors as an outage, and errors of the language as bugs', () => {
    for (const unknown of [new Error('Query read timeout'), null, undefined, 'text', { code: 5 }]) {
      expect(isDown(unknown)).to.equal(true);
    }
    expect(isDown(new TypeError('x is not a function'))).to.equal(false);
  });
});

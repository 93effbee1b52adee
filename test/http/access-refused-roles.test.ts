import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import { allOf } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { refusal } from '../support/secured-server';

/** A loop of an array within itself, which a careless walk would never leave. */
const cyclic: unknown[] = ['staff'];
cyclic.push(cyclic);

const MALFORMED: [string, unknown][] = [
  ['false', false],
  ['true', true],
  ['0', 0],
  ['1', 1],
  ['NaN', Number.NaN],
  ['a bigint', 0n],
  ['a symbol', Symbol('staff')],
  ['null', null],
  ["''", ''],
  ["' a'", ' a'],
  ["'a '", 'a '],
  ["'\\t'", '\t'],
  ['[]', []],
  ['[undefined]', [undefined]],
  ['[null]', [null]],
  ["['']", ['']],
  ['[false]', [false]],
  ["['staff', undefined]", ['staff', undefined]],
  ["['staff', 0]", ['staff', 0]],
  ['an array with a hole', Array.from({ length: 1 })],
  ['a sparse array', Object.assign([], { length: 2 })],
  ["[['staff']]", [['staff']]],
  ['[[]]', [[]]],
  ['an array within itself', cyclic],
  ['{}', {}],
  ["{ role: 'staff' }", { role: 'staff' }],
  ["a forged rule { kind: 'authenticated' }", { kind: 'authenticated' }],
  ["a copy of allOf('staff')", { ...allOf('staff') }],
  ['new Map()', new Map()],
  ["new Set(['staff'])", new Set(['staff'])],
  ["new String('staff')", Object('staff')],
  ['a class without check', class NoPolicy {}],
  [
    'a class with a static check',
    class StaticPolicy {
      static check(): boolean {
        return true;
      }
    },
  ],
  ['an object with check', { check: () => true }],
  ['a promise', Promise.resolve('staff')],
];

for (const driver of DRIVERS) {
  describe(`Malformed roles on ${driver.name}`, () => {
    beforeEach(reset);

    for (const [name, value] of MALFORMED) {
      it(`are refused at start: ${name}`, () => {
        @JsonController('/method')
        class OnMethod {
          @Authorized(value as string) @Get('/') list() {
            return {};
          }
        }
        @Authorized(value as string)
        @JsonController('/class')
        class OnClass {
          @Get('/') list() {
            return {};
          }
        }
        @Authorized(value as string)
        class Base {
          @Get('/') list() {
            return {};
          }
        }
        @JsonController('/sub')
        class Sub extends Base {}

        expect(refusal(driver, { controllers: [OnMethod] })).to.match(/@Authorized on OnMethod\.list/);
        expect(refusal(driver, { controllers: [OnClass] })).to.match(/@Authorized on class OnClass/);
        expect(refusal(driver, { controllers: [Sub] })).to.match(/@Authorized on class Base/);
      });
    }

    it('are refused even where another guard would answer first', () => {
      @Authorized('staff')
      @JsonController('/x')
      class Stacked {
        @Authorized('staff') @Authorized('') @Get('/') list() {
          return {};
        }
      }
      expect(refusal(driver, { controllers: [Stacked] })).to.match(/@Authorized on Stacked\.list/);
    });
  });
}

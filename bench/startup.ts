/**
 * What securest adds to the creation of a server with mixed routes, beside plain routing-controllers with the same
 * controllers. Prints ratios of one run; it asserts nothing.
 */
import 'reflect-metadata';
import { createKoaServer } from 'routing-controllers';
import { createSecurity, PasswordProvider } from '../src';
import { controllerOf, milliseconds, SILENT, Users } from './request/mixed-routes';

const ROUNDS = 5;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The metadata storage holds the controllers of all sizes, as that of an app holds its own. */
const all = Array.from({ length: 500 }, (_, index) => controllerOf(index));

console.log('routes   plain ms   secured ms   secured to plain');
for (const count of [50, 125, 250, 500]) {
  const controllers = all.slice(0, count);
  const plain: number[] = [];
  const secured: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(
      milliseconds(() => {
        createKoaServer({ controllers, authorizationChecker: () => true, currentUserChecker: () => null });
      }),
    );
    const security = createSecurity({ providers: [PasswordProvider], userstores: [Users], logger: SILENT });
    secured.push(
      milliseconds(() => {
        createKoaServer(security.secure({ controllers }));
      }),
    );
  }
  const [before, after] = [median(plain), median(secured)];
  console.log(
    [
      String(count * 10).padEnd(6),
      before.toFixed(0).padStart(10),
      after.toFixed(0).padStart(12),
      (after / before).toFixed(2).padStart(18),
    ].join(' '),
  );
}

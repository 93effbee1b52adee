/**
 * How long the OpenAPI document of an app takes. Prints figures of one run; it asserts nothing.
 */
import 'reflect-metadata';
import { createSecurity, PasswordProvider } from '../src';
import { securityDocument } from '../src/openapi';
import { controllerOf, milliseconds, SILENT, Users } from './request/mixed-routes';

const ROUNDS = 7;
const controllers = Array.from({ length: 33 }, (_, index) => controllerOf(index));

const times: number[] = [];
let bytes = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  const security = createSecurity({ providers: [PasswordProvider], userstores: [Users], logger: SILENT });
  const options = security.secure({ controllers });
  times.push(
    milliseconds(() => {
      bytes = JSON.stringify(securityDocument(options).document).length;
    }),
  );
}
const sorted = times.toSorted((a, b) => a - b);
console.log(`330 routes: ${String(Math.round(bytes / 1000))} KB`);
console.log(
  `first ${(times[0] ?? NaN).toFixed(0)} ms, then ${(sorted[Math.floor(ROUNDS / 2)] ?? NaN).toFixed(0)} ms`,
);

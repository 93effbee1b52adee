/** A fresh process that creates one server with so many mixed routes, secured or not. */
import { createKoaServer } from 'routing-controllers';
import { createSecurity, PasswordProvider } from '../../src';
import { ACTIONS, controllerOf, milliseconds, SILENT, Users } from './mixed-routes';
import { answerCalls } from './processes';

const [, , kind, routes = '0'] = process.argv;

function create(): number {
  const controllers = Array.from({ length: Number(routes) / ACTIONS }, (_, index) => controllerOf(index));
  if (kind === 'plain') {
    const checkers = { authorizationChecker: () => true, currentUserChecker: () => null };
    return milliseconds(() => void createKoaServer({ controllers, ...checkers }));
  }
  const security = createSecurity({ providers: [PasswordProvider], userstores: [Users], logger: SILENT });
  return milliseconds(() => void createKoaServer(security.secure({ controllers })));
}

answerCalls({ create });

/**
 * The app of a company. Users log in with a Kerberos ticket or with their password of the directory. Their groups in
 * the directory become roles, and a file states the permissions of the roles.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { MeController, NoticesController, SalariesController } from './controllers';
import { Users } from './users';
// These imports register the providers and the path permissions.
import './auth';
import './permissions';

export function companyOptions() {
  return securest({
    controllers: [MeController, NoticesController, SalariesController],
    validation: { whitelist: true, forbidNonWhitelisted: true },
    development: false, // no stack traces in replies
    security: { default: 'authenticated', realm: 'company' },
  });
}

/** Reports a fault in the set-up of the directory at start, before the first login. */
export async function checkDirectory(): Promise<void> {
  await Container.get(Users).check();
}

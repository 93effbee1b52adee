/**
 * An app of a company: people log in by their Kerberos ticket or by the password of the directory, their groups
 * there are roles here, and a file says what roles may do.
 */
import 'reflect-metadata';
import { securest } from 'securest';
import { Container } from 'typedi';
import { MeController, NoticesController, SalariesController } from './controllers';
import { Users } from './users';
// Importing them is what registers the providers and the path permissions.
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

/** Says at start what is wrong with the set-up of the directory, and not at the first login. */
export async function checkDirectory(): Promise<void> {
  await Container.get(Users).check();
}

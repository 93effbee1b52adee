import { ServiceUnavailableError, Userstore, type UserstoreInterface } from 'securest';
import { DataSource } from 'typeorm';
import { Person } from './person';

@Userstore()
export class Users implements UserstoreInterface<Person> {
  constructor(private readonly database: DataSource) {}
  getUser(username: string): Promise<Person | null> {
    return this.database.manager.findOneBy(Person, { username }).catch((cause: unknown) => {
      throw new ServiceUnavailableError({ cause });
    });
  }
}

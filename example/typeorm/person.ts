import type { User } from 'securest';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A usual TypeORM entity. It only needs to implement User, which the compiler checks. */
@Entity()
export class Person implements User {
  @PrimaryColumn('text')
  username!: string;

  @Column('text')
  password!: string;

  @Column('text')
  displayName!: string;

  @Column('simple-json')
  roles!: string[];

  @Column('boolean', { default: true })
  active!: boolean;
}

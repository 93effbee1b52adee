import type { User } from 'securest';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An entity as TypeORM projects have it. That it implements User is checked by the compiler, and is all it needs. */
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

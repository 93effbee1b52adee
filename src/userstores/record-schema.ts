/** What a user and a group record must hold, whatever it was read from. No message repeats a value. */
import {
  IsArray,
  IsBoolean,
  IsDate,
  IsOptional,
  Matches,
  ValidateIf,
  validateSync,
  type ValidationError,
} from 'class-validator';
import type { Group, User } from '../core/user';

const NAME = /^[^\p{Cc}\p{Cs}]+$/u;
const SINGLE = '$property must be a string without control characters, and not empty';
const LIST = '$property must be a list of names';

const isName = (): PropertyDecorator => Matches(NAME, { message: SINGLE });
const areNames =
  (): PropertyDecorator =>
  (target, property): void => {
    IsOptional()(target, property);
    IsArray({ message: LIST })(target, property);
    Matches(NAME, { each: true, message: LIST })(target, property);
  };

class UserRecord {
  @isName()
  username: unknown;

  @IsOptional()
  @isName()
  password: unknown;

  @IsOptional()
  @isName()
  email: unknown;

  // Null is no "absent" here: absent means active.
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean({ message: '$property must be true or false' })
  active: unknown;

  @areNames()
  roles: unknown;

  @areNames()
  groups: unknown;

  @IsOptional()
  @IsDate({ message: '$property must be a date and time such as 2026-01-31T08:00:00Z' })
  tokensValidFrom: unknown;

  constructor(record: Partial<Record<keyof User, unknown>>) {
    this.username = record.username;
    this.password = record.password;
    this.email = record.email;
    this.active = record.active;
    this.roles = record.roles;
    this.groups = record.groups;
    this.tokensValidFrom = record.tokensValidFrom;
  }
}

class GroupRecord {
  @isName()
  name: unknown;

  @areNames()
  roles: unknown;

  @areNames()
  groups: unknown;

  constructor(record: Partial<Record<keyof Group, unknown>>) {
    this.name = record.name;
    this.roles = record.roles;
    this.groups = record.groups;
  }
}

/** The fields that a user may have in a file. */
export const USER_FIELDS: readonly string[] = Object.keys(new UserRecord({}));
export const GROUP_FIELDS: readonly string[] = Object.keys(new GroupRecord({}));

/** A field that does not hold, and why. */
export interface RecordFault {
  readonly field: string;
  readonly problem: string;
}

export function userFault(record: Partial<Record<keyof User, unknown>>): RecordFault | undefined {
  return firstFault(validateSync(new UserRecord(record)));
}

export function groupFault(record: Partial<Record<keyof Group, unknown>>): RecordFault | undefined {
  return firstFault(validateSync(new GroupRecord(record)));
}

function firstFault([error]: ValidationError[]): RecordFault | undefined {
  if (error === undefined) return undefined;
  const [problem] = Object.values(error.constraints ?? {});
  return { field: error.property, problem: problem ?? `${error.property} is not valid` };
}

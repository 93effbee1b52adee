/** What the code blocks of the documentation take from the reader's own app. It is only type-checked. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestHandler } from 'express';
import type { RoutingControllersOptions } from 'routing-controllers';
import type {
  MemoryUserstore,
  PasswordProvider,
  Security,
  SessionService,
  TokenService,
  User,
  UserstoreInterface,
} from 'securest';
import type { SqlClient } from 'securest/sql';

export declare class Person implements User {
  username: string;
  password?: string | undefined;
  groups?: string[];
  displayName: string;
}

export declare class Database {
  findPerson(username: string): Promise<Person | null>;
}

export declare class People implements UserstoreInterface<Person> {
  getUser(identifier: string): Promise<Person | null>;
}

export declare class PartnerKeys {
  ownerOf(key: string): string | undefined;
}

/** Of a client that Prisma generates, what a lookup takes. */
export declare const prisma: {
  person: {
    findUnique(query: {
      where: { username: string };
      include: { roles: true };
      omit: { password: false };
    }): Promise<(Omit<User, 'roles'> & { roles: { name: string }[] }) | null>;
    findUnique(query: { where: { username: string }; omit?: { recoveryCode?: true } }): Promise<User | null>;
    updateMany(query: {
      where: { username: string; password: string };
      data: { password: string; tokensValidFrom?: Date };
    }): Promise<{ count: number }>;
  };
};

export declare class Calendar {
  isOpenFor(username: string): boolean;
}

export declare const tokens: TokenService;
export declare class Password extends PasswordProvider {}
export declare class Tokens extends TokenService {}
export declare class Sessions extends SessionService {}
export declare class Users extends MemoryUserstore {}
export declare const passport: { authenticate(strategy: string): RequestHandler };
export declare class NotesController {}

export declare const repository: { findByName(name: unknown): Promise<User & { roles: string[] }> };
export declare const adminRouter: RequestHandler;
export declare const KEY: string;
export declare const token: string;
export declare const pem: string;
export declare const pool: SqlClient;

export declare class MyTable {
  read(key: string): Promise<string | null>;
  swap(
    key: string,
    value: string,
    previous: string | undefined,
    expiresAt: Date,
    owner?: string,
  ): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  entriesOf(owner: string): Promise<[key: string, value: string][]>;
}
export declare const table: MyTable;
export declare const jwt: {
  decode(token: string): { sub?: unknown };
  verify(token: string, key: string, options?: object): { sub?: unknown; iat?: unknown; exp?: unknown };
};

export declare const counter: { inc(labels: Record<string, string>): void };
export declare const server: Server;
export declare const security: Security;
export declare const url: string;
export declare function accept(socket: Duplex, user: User): void;

export declare class Projects {
  rolesOf(username: string): Promise<string[]>;
}
export interface NoteContent {
  title: string;
}
export interface Note extends NoteContent {
  author: string;
}
export declare class NoteStore {
  get(id: string): Promise<Note | undefined>;
  of(username: string): Promise<Note[]>;
}
export declare function notesOf(username: string): Note[];
export declare class OfficeHours {
  check(): boolean;
}
export interface Employee extends User {
  office: string;
}
export declare const controllers: (new () => object)[];
export declare function options(): RoutingControllersOptions;

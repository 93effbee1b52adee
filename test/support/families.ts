/** A token service with families in memory, in a stand-in for an app. */
import {
  type AppFacts,
  Authentication,
  type KnownUser,
  MemoryState,
  type StateStoreInterface,
  TokenService,
  type TokenServiceOptions,
} from '../../src';
import type { Problem, ServiceEvent } from '../../src/core/events';
import { fakeRequest } from './fake-request';

export const START = 1_800_000_000_123;
export const DAY = 86_400_000;

type Person = Partial<KnownUser> | null | Error;

export interface FamiliesOptions extends Partial<TokenServiceOptions> {
  /** Replaces the state in memory. */
  wrap?: (state: MemoryState) => StateStoreInterface;
  userstores?: readonly string[];
}

export function makeFamilies({ wrap, userstores = ['Users'], ...options }: FamiliesOptions = {}) {
  const clock = { now: START };
  const memory = new MemoryState({ clock: () => clock.now });
  const state = wrap?.(memory) ?? memory;
  const make = (more: Partial<TokenServiceOptions> = {}): TokenService =>
    new TokenService({
      secret: 'canary-secret-of-thirty-two-bytes!',
      issuer: 'notes',
      audience: 'notes-api',
      clockToleranceSeconds: 0,
      clock: () => clock.now,
      state,
      ...options,
      ...more,
    });
  const tokens = make();
  /** The users of the userstore, by name. */
  const people: Record<string, Person> = { ann: {}, ben: {} };
  const events: (Partial<ServiceEvent> & { from?: string | undefined; store?: string | undefined })[] = [];
  const problems: Problem[] = [];
  let asked = 0;
  const app: AppFacts = {
    userstores,
    userstoresWithoutStamp: [],
    providers: [],
    clock: () => clock.now,
    realm: 'api',
    requestOf: () => undefined,
    findUser: async (username, userstore) => {
      asked += 1;
      const person = people[username];
      await Promise.resolve();
      if (person instanceof Error) throw person;
      if (person === undefined || person === null) return null;
      const isSeveral = userstores.length > 1;
      if (userstore === undefined ? isSeveral : userstore !== (person.userstore ?? userstores[0]))
        return null;
      return {
        username,
        userstore: isSeveral ? userstore : undefined,
        id: undefined,
        isActive: true,
        stamp: 0,
        hasStamp: true,
        ...person,
        ...(!isSeveral && { userstore: undefined }),
      };
    },
    emit: (event, where) => {
      events.push({ ...event, store: where?.userstore, from: where?.request?.ip });
    },
    report: (problem) => {
      problems.push(problem);
    },
  };
  tokens.onStart(app);
  const login = (username = 'ann', details: ConstructorParameters<typeof Authentication>[1] = {}) =>
    new Authentication({ username }, { authenticatedAt: new Date(clock.now), methods: ['pwd'], ...details });
  return {
    tokens,
    /** Another process with the same state. */
    make,
    clock,
    memory,
    people,
    events,
    problems,
    app,
    login,
    asked: () => asked,
    start: (username?: string) => tokens.start(login(username), fakeRequest({ ip: '192.0.2.7' })),
    /** The stored entries of a user. */
    entries: (username = 'ann') =>
      memory.list(username).map(([key, value]) => ({ key, value, json: JSON.parse(value) as Entry })),
  };
}

export type Entry = Record<string, unknown>;
export type Families = ReturnType<typeof makeFamilies>;

export const familyIdOf = (refreshToken: string): string => refreshToken.slice(4, 28);

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** The error that work rejects with. */
export async function rejection(work: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not reject');
}

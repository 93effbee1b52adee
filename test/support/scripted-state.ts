import type { MemoryState, StateStoreInterface } from '../../src';

type Answers = { [Name in 'get' | 'set' | 'delete' | 'list']: StateStoreInterface[Name] };

/** A state store around a store in memory, whose answers a test can replace. */
export function scriptedState(memory: MemoryState, script: Partial<Record<keyof Answers, unknown>>) {
  const answers: Answers = {
    get: (key) => memory.get(key),
    set: (...given) => memory.set(...given),
    delete: (key) => memory.delete(key),
    list: (owner) => memory.list(owner),
  };
  const of = <Name extends keyof Answers>(name: Name): Answers[Name] =>
    ((...given: unknown[]) => {
      const own = (script[name] ?? answers[name]) as (...given: unknown[]) => unknown;
      return own(...given);
    }) as Answers[Name];
  return {
    get: of('get'),
    set: of('set'),
    delete: of('delete'),
    list: of('list'),
    revocationLog: memory.revocationLog,
  };
}

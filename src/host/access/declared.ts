/**
 * Tells which metadata of routing-controllers is declared on a class and which on one of its methods, by an index that
 * is made once for all actions of a server. The lists of routing-controllers hold the metadata of every loaded class.
 *
 * `@Authorized`, `@UseBefore` and `@UseInterceptor` mistake a method with a falsy name (`''`, `0`) for a class: the
 * target of their metadata is then the prototype, where routing-controllers never looks. Routes on these methods and on
 * methods named by a symbol are still served.
 */
import { getMetadataArgsStorage } from 'routing-controllers';
import { keyOf } from '../../util/member-name';

type Storage = ReturnType<typeof getMetadataArgsStorage>;

interface Declaring {
  readonly prototype: object;
}

interface Declaration {
  readonly target: object;
  readonly method?: unknown;
}

interface Placed<T> {
  readonly entry: T;
  readonly position: number;
}

interface OfTarget<T> {
  readonly all: T[];
  readonly onMethods: Map<string | symbol, Placed<T>[]>;
}

/** One kind of metadata, by the class or method that declares it. */
export class Declared<T> {
  private readonly targets = new Map<object, OfTarget<T>>();

  constructor(entries: readonly T[], declarationOf: (entry: T) => Declaration) {
    for (const [position, entry] of entries.entries()) {
      const { target, method } = declarationOf(entry);
      const known: OfTarget<T> = this.targets.get(target) ?? { all: [], onMethods: new Map() };
      this.targets.set(target, known);
      if (!method && typeof target === 'function') known.all.push(entry);
      if (method === undefined && typeof target === 'function') continue;
      const key = keyOf(method);
      const placed = known.onMethods.get(key) ?? [];
      known.onMethods.set(key, placed);
      placed.push({ entry, position });
    }
  }

  /** The entries of decorators on the class itself, as routing-controllers reads them. */
  onClass(cls: object): readonly T[] {
    return this.targets.get(cls)?.all ?? [];
  }

  /** The entries of decorators on the class's own method of that name, in the order in which they were written. */
  onMethod(cls: Declaring, name: unknown): readonly T[] {
    const key = keyOf(name);
    const placed = [cls, cls.prototype].flatMap(
      (target) => this.targets.get(target)?.onMethods.get(key) ?? [],
    );
    return placed.toSorted((a, b) => a.position - b.position).map(({ entry }) => entry);
  }
}

/** A snapshot of routing-controllers' metadata. */
export class HostDeclarations {
  readonly guards: Declared<Storage['responseHandlers'][number]>;
  /** Response handlers that are not guards. */
  readonly replies: Declared<Storage['responseHandlers'][number]>;
  readonly uses: Declared<Storage['uses'][number]>;
  readonly interceptors: Declared<Storage['useInterceptors'][number]>;
  readonly actions: Declared<Storage['actions'][number]>;
  readonly params: Declared<Storage['params'][number]>;

  constructor({ responseHandlers, uses, useInterceptors, actions, params } = getMetadataArgsStorage()) {
    const asItIs = (entry: Declaration) => entry;
    this.guards = new Declared(
      responseHandlers.filter(({ type }) => type === 'authorized'),
      asItIs,
    );
    this.replies = new Declared(
      responseHandlers.filter(({ type }) => type !== 'authorized'),
      asItIs,
    );
    this.uses = new Declared(uses, asItIs);
    this.interceptors = new Declared(useInterceptors, asItIs);
    this.actions = new Declared(actions, asItIs);
    this.params = new Declared(params, ({ object, method }) => ({
      target: (object as object).constructor,
      method,
    }));
  }
}

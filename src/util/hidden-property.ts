/** A property of objects that are not our own, which nothing that copies, prints or derives an object can see. */
export interface HiddenProperty<V> {
  /** Undefined where the very object has none, whatever its prototype has, and for what is no object. */
  get(value: unknown): V | undefined;
  set(object: object, value: V): void;
}

/** Its constructor gives back what it was given, so that a class that extends it adds its private fields there. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a class is what can be extended
class Given {
  constructor(object: object) {
    return object;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A property of its own each time. A WeakMap or a defined symbol takes five to ten times as long. */
export function hiddenProperty<V>(): HiddenProperty<V> {
  // A class need not be able to add fields to what is frozen.
  let closed: WeakMap<object, V> | undefined;
  class Hidden extends Given {
    #value: V;

    constructor(object: object, value: V) {
      super(object);
      this.#value = value;
    }

    static get(value: unknown): V | undefined {
      if (!isObject(value)) return undefined;
      return #value in value ? value.#value : closed?.get(value);
    }

    static set(object: object, value: V): void {
      if (#value in object) object.#value = value;
      else if (Object.isExtensible(object)) new Hidden(object, value);
      else (closed ??= new WeakMap()).set(object, value);
    }
  }
  return {
    get: (value) => Hidden.get(value),
    set: (object, value) => {
      Hidden.set(object, value);
    },
  };
}

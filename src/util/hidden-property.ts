/** A property on foreign objects that stays invisible when an object is copied, printed or derived. */
export interface HiddenProperty<V> {
  /**
   * Undefined if the object itself does not have it, whatever its prototype has, and for a value that is not an object.
   */
  get(value: unknown): V | undefined;
  set(object: object, value: V): void;
}

/** The constructor returns its argument, so that a subclass adds its private fields to that object. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a class is what can be extended
class Given {
  constructor(object: object) {
    return object;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Returns a new, independent property on each call. A WeakMap or a defined symbol takes five to ten times as long. */
export function hiddenProperty<V>(): HiddenProperty<V> {
  // Frozen objects may not accept the fields of a class.
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

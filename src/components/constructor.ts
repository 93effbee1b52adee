/** A class as the container takes it: whatever its constructor needs, the container injects. */
export type Constructor<T> = new (...args: never[]) => T;

/** A container that resolves classes: TypeDI's, or anything else with `get(cls)`. */
export interface ContainerLike {
  get<T>(cls: Constructor<T>): T;
}

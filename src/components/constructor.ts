/** A class that a container creates: the container injects its constructor parameters. */
export type Constructor<T> = new (...args: never[]) => T;

/** A container that resolves classes: TypeDI's, or any object with `get(cls)`. */
export interface ContainerLike {
  get<T>(cls: Constructor<T>): T;
}

/** An answer that is there already, or one to wait for: the path of a request waits only where it must. */
export type MaybePromise<T> = T | Promise<T>;

export const isPromise = <T>(value: MaybePromise<T>): value is Promise<T> =>
  value instanceof Promise;

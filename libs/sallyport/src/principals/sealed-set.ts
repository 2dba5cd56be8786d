const refuse = (): never => {
  throw new TypeError('the authority of a caller is shared by its requests: nothing may change it');
};

/** A set that stays as it is, whoever holds it: TypeScript's `ReadonlySet` alone keeps nobody from changing one. */
export function sealedSet<T>(values: Iterable<T>): ReadonlySet<T> {
  return Object.freeze(
    Object.assign(new Set(values), { add: refuse, delete: refuse, clear: refuse }),
  );
}

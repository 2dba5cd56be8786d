/**
 * A package of `test/bench/package.json`, which nothing but `npm run bench` installs: so it is named at run time, and
 * what is used of it is described by whoever uses it.
 */
export const rival = async <T>(name: string): Promise<T> => (await import(name)) as T;

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from './caller.js';

interface Holder {
  caller: Caller | null;
}

const storage = new AsyncLocalStorage<Holder>();

/** The caller of the request that is being handled, for code that is far from its controller. */
export const CallerContext = {
  /** Null outside a request, on public routes, and before the authentication guard. */
  current(): Caller | null {
    return storage.getStore()?.caller ?? null;
  },

  /** Opens an empty holder for everything that `next` starts. @internal */
  open<T>(next: () => T): T {
    return storage.run({ caller: null }, next);
  },

  /** @internal */
  fill(caller: Caller): void {
    const holder = storage.getStore();
    if (holder !== undefined) holder.caller = caller;
  },
};

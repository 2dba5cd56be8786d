import { MemoryApiKeyStore } from '../../libs/sallyport/src/stores/memory/memory-api-key.store.js';
import { MemoryUsageBuffer } from '../../libs/sallyport/src/stores/memory/memory-usage.buffer.js';
import { MemoryUsageStore } from '../../libs/sallyport/src/stores/memory/memory-usage.store.js';
import type { ApiKeyStore } from '../../libs/sallyport/src/api-keys/api-key.store.js';
import { UsageMeter } from '../../libs/sallyport/src/usage/counting/usage-meter.js';
import type { UsageBuffer } from '../../libs/sallyport/src/usage/usage.buffer.js';
import {
  resolveUsageOptions,
  type UsageOptions,
} from '../../libs/sallyport/src/usage/usage.options.js';
import { UsageService } from '../../libs/sallyport/src/usage/usage.service.js';
import type { UsageStore } from '../../libs/sallyport/src/usage/usage.store.js';
import type { UsageCall } from '../../libs/sallyport/src/usage/usage.js';
import { PruneUsage } from '../../libs/sallyport/src/usage/writing/prune-usage.js';
import { UsageFlusher } from '../../libs/sallyport/src/usage/writing/usage-flusher.js';
import { WriteUsage } from '../../libs/sallyport/src/usage/writing/write-usage.js';
import type { Transactions } from '../../libs/sallyport/src/transactions/transaction.js';
import type { Clock } from '../../libs/sallyport/src/clock.js';
import { createSharedStores } from './lives.js';

export const sampleCall = (changes: Partial<UsageCall> = {}): UsageCall => ({
  clientId: 'shop',
  apiKeyId: 'k1',
  userIssuer: '',
  userSubject: '',
  route: 'InvoicesController.list',
  method: 'GET',
  status: 200,
  refusal: '',
  address: '192.0.2.7',
  country: 'DE',
  userAgent: 'InvoicesApp/2.3.1',
  cost: 1,
  latencyMs: 7,
  ...changes,
});

interface UsageStores {
  readonly clock: Clock;
  readonly transactions: Transactions;
  readonly apiKeys: ApiKeyStore;
  readonly usage: UsageStore;
  readonly buffer: UsageBuffer;
}

/** The parts of usage of one instance of the app, on stores that several may share. */
export function createUsageOn(stores: UsageStores, given: UsageOptions = {}) {
  const { clock, transactions, apiKeys, usage, buffer } = stores;
  const { randomness } = createSharedStores();
  const mistakes: string[] = [];
  const options = resolveUsageOptions(given, mistakes);
  if (mistakes.length > 0) throw new TypeError(mistakes.join('; '));
  const meter = new UsageMeter(clock, options);
  const writer = new WriteUsage(usage, apiKeys, transactions, clock);
  const pruner = new PruneUsage(usage, clock, options);
  const flusher = new UsageFlusher(meter, buffer, writer, pruner, clock, randomness, options);
  return {
    meter,
    writer,
    pruner,
    flusher,
    service: new UsageService(usage, meter, flusher, options),
  };
}

/** The same on memory stores of their own, and a clock that stands still. */
export function createUsage(given: UsageOptions = {}) {
  const { clock, database } = createSharedStores();
  const stores = {
    clock,
    transactions: database,
    apiKeys: new MemoryApiKeyStore(database),
    usage: new MemoryUsageStore(database),
    buffer: new MemoryUsageBuffer(),
  };
  return { ...stores, ...createUsageOn(stores, given) };
}

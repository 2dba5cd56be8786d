import type { Provider } from '@nestjs/common';
import { RevocationList } from '../../revocation/revocation.list.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import { MemoryRateLimitStore } from './memory-rate-limit.store.js';
import { MemoryRevocationList } from './memory-revocation.list.js';

/** Every port of passing state in memory: right only while one instance runs. */
export const memoryPassingStores: Provider[] = [
  { provide: RateLimitStore, useClass: MemoryRateLimitStore },
  { provide: RevocationList, useClass: MemoryRevocationList },
];

export const memoryPassingPorts = [RateLimitStore, RevocationList];

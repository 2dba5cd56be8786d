import type { Provider } from '@nestjs/common';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { RevocationList } from '../../revocation/revocation.list.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import { UsageBuffer } from '../../usage/usage.buffer.js';
import { MemoryEphemeralRecordStore } from './memory-ephemeral-record.store.js';
import { MemoryRateLimitStore } from './memory-rate-limit.store.js';
import { MemoryReplayStore } from './memory-replay.store.js';
import { MemoryRevocationList } from './memory-revocation.list.js';
import { MemoryUsageBuffer } from './memory-usage.buffer.js';

/** Every port of passing state in memory: right only while one instance runs. */
export const memoryPassingStores: Provider[] = [
  { provide: EphemeralRecordStore, useClass: MemoryEphemeralRecordStore },
  { provide: RateLimitStore, useClass: MemoryRateLimitStore },
  { provide: ReplayStore, useClass: MemoryReplayStore },
  { provide: RevocationList, useClass: MemoryRevocationList },
  { provide: UsageBuffer, useClass: MemoryUsageBuffer },
];

export const memoryPassingPorts = [
  EphemeralRecordStore,
  RateLimitStore,
  ReplayStore,
  RevocationList,
  UsageBuffer,
];

import { Module, type DynamicModule } from '@nestjs/common';
import { StoreHealth } from '../../health/store-health.js';
import { Randomness } from '../../randomness.js';
import { Sealer } from '../../sealing/sealer.js';
import { STORES_DESCRIPTION, type StoresDescription } from '../../stores-description.js';
import { SystemModule } from '../../system.module.js';
import { durablePorts } from '../durable-ports.js';
import { memoryDurableStores } from './memory-durable-stores.js';
import { memoryPassingStores, memoryPassingPorts } from './memory-passing-stores.js';

const description: StoresDescription = {
  name: 'memory stores',
  isShared: false,
  isDurable: false,
};

@Module({})
class MemoryStoresModule {}

/** Everything in this process, for tests and first steps: all is forgotten on restart. Refused outside development. */
export const memoryStores = (): DynamicModule => ({
  module: MemoryStoresModule,
  imports: [SystemModule],
  providers: [
    ...memoryDurableStores,
    ...memoryPassingStores,
    { provide: STORES_DESCRIPTION, useValue: description },
    { provide: StoreHealth, useValue: new StoreHealth([]) },
    {
      provide: Sealer,
      inject: [Randomness],
      // Nothing sealed outlives the process, and neither does the key.
      useFactory: (randomness: Randomness) =>
        new Sealer([{ kid: 'memory', key: randomness.bytes(32) }], randomness),
    },
  ],
  exports: [...durablePorts, ...memoryPassingPorts, STORES_DESCRIPTION, StoreHealth, Sealer],
});

import { Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { Randomness, SystemRandomness } from './randomness.js';

/** Time and chance, for everything that needs them. */
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Randomness, useClass: SystemRandomness },
  ],
  exports: [Clock, Randomness],
})
export class SystemModule {}

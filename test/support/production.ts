import type { TestingModuleBuilder } from '@nestjs/testing';
import { STORES_DESCRIPTION } from '../../libs/sallyport/src/stores-description.js';

/** Memory stores that claim to last, so that a test can run the rules of production on them. */
export const lastingStores = (builder: TestingModuleBuilder): TestingModuleBuilder =>
  builder
    .overrideProvider(STORES_DESCRIPTION)
    .useValue({ name: 'memory stores of a test', isShared: true, isDurable: true });

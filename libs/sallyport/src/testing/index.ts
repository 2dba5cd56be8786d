export { actingAs, ActingAuthenticator, callerOf, TEST_ISSUER, type ActingAs } from './acting-as.js';
export { FrozenClock } from './frozen-clock.js';
export { memoryStores } from '../stores/memory/memory-stores.module.js';

import { describeUsageBuffer } from '../../usage/usage.buffer.contract.js';
import { MemoryUsageBuffer } from './memory-usage.buffer.js';

describe('MemoryUsageBuffer', () => {
  describeUsageBuffer(() => {
    const buffer = new MemoryUsageBuffer();
    return [buffer, buffer];
  });
});

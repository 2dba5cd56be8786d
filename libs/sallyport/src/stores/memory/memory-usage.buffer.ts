import { Injectable } from '@nestjs/common';
import type { UsageBatch } from '../../usage/usage-batch.js';
import { UsageBuffer } from '../../usage/usage.buffer.js';

const MAX_BATCHES = 500;

/** For one instance: batches wait here for as long as the durable store is away. */
@Injectable()
export class MemoryUsageBuffer extends UsageBuffer {
  private readonly batches: UsageBatch[] = [];
  private holder: string | null = null;

  async push(batch: UsageBatch): Promise<boolean> {
    if (this.batches.length >= MAX_BATCHES) return false;
    this.batches.push(batch);
    return true;
  }

  async peek(holder: string, limit: number): Promise<readonly UsageBatch[]> {
    this.holder ??= holder;
    return this.holder === holder ? this.batches.slice(0, limit) : [];
  }

  async remove(ids: readonly string[]): Promise<void> {
    const removed = new Set(ids);
    while (this.batches[0] !== undefined && removed.has(this.batches[0].id)) this.batches.shift();
  }

  async release(holder: string): Promise<void> {
    if (this.holder === holder) this.holder = null;
  }
}

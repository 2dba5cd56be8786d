import type { UsageCounter } from './usage-counter.js';

type Value = string | number;

/**
 * One value of one dimension, and the values of the next that came with it. Most have a single one, which costs a
 * comparison to find and no hash.
 */
export class UsageNode {
  counter: UsageCounter | null = null;
  private first: Value | undefined;
  private firstNode: UsageNode | undefined;
  private others: Map<Value, UsageNode> | undefined;

  find(value: Value): UsageNode | undefined {
    return this.first === value ? this.firstNode : this.others?.get(value);
  }

  findOrGrow(value: Value): UsageNode {
    const known = this.find(value);
    if (known !== undefined) return known;
    const node = new UsageNode();
    if (this.firstNode === undefined) {
      this.first = value;
      this.firstNode = node;
    } else {
      this.others ??= new Map();
      this.others.set(value, node);
    }
    return node;
  }
}

import { sampleBatch } from './usage-samples.contract.js';
import type { UsageBatch } from './usage-batch.js';
import type { UsageBuffer } from './usage.buffer.js';

/** What every UsageBuffer must do. Several instances share one buffer; a new one is empty. */
export function describeUsageBuffer(
  open: () => readonly [UsageBuffer, UsageBuffer] | Promise<readonly [UsageBuffer, UsageBuffer]>,
): void {
  let first: UsageBuffer;
  let second: UsageBuffer;
  beforeEach(async () => {
    [first, second] = await open();
  });

  const push = async (...batches: UsageBatch[]) => {
    for (const batch of batches) expect(await first.push(batch)).toBe(true);
  };
  const idsOf = (batches: readonly UsageBatch[]) => batches.map(({ id }) => id);
  const [one, two, three] = [sampleBatch(1), sampleBatch(2), sampleBatch(3)];

  it('is empty at first', async () => {
    expect(await first.peek('a', 10)).toEqual([]);
    await first.remove([one.id]);
  });

  it('gives back what was put in, the oldest first, whoever put it in', async () => {
    await push(one);
    expect(await second.push(two)).toBe(true);
    await push(three);
    expect(await second.peek('a', 2)).toEqual([one, two]);
  });

  it('shows a batch until it is removed, so that whoever dies in between loses none', async () => {
    await push(one, two);
    expect(idsOf(await first.peek('a', 10))).toEqual([one.id, two.id]);
    expect(idsOf(await first.peek('a', 10))).toEqual([one.id, two.id]);
    await first.remove([one.id]);
    expect(idsOf(await first.peek('a', 10))).toEqual([two.id]);
  });

  it('removes no batch that came in between, and none twice', async () => {
    await push(one);
    const seen = idsOf(await first.peek('a', 10));
    await push(two);
    await first.remove(seen);
    await second.remove(seen);
    expect(await first.peek('a', 10)).toEqual([two]);
  });

  it('removes a batch that is in it twice, as after an answer that got lost', async () => {
    await push(one, one, two);
    await first.remove([one.id]);
    expect(await first.peek('a', 10)).toEqual([two]);
  });

  it('shows batches to one holder, until that one lets go', async () => {
    await push(one);
    expect(await first.peek('a', 10)).toHaveLength(1);
    expect(await second.peek('b', 10)).toEqual([]);
    await second.release('b');
    expect(await second.peek('b', 10)).toEqual([]);
    await first.release('a');
    expect(await second.peek('b', 10)).toHaveLength(1);
  });

  it('has no room without bounds', async () => {
    const answers: boolean[] = [];
    for (let number = 0; number < 501; number += 1) {
      answers.push(await first.push(sampleBatch(number, [])));
    }
    expect(answers.lastIndexOf(true)).toBe(499);
    expect(answers.filter((accepted) => !accepted)).toHaveLength(1);
  });
}

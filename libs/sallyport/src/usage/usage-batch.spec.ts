import { sampleBatch, sampleRow } from './usage-samples.contract.js';
import { decodeBatch, encodeBatch } from './usage-batch.js';

describe('A batch as text', () => {
  it('comes back as it was', () => {
    const batch = sampleBatch(1, [
      sampleRow('2030-01-01T10:00:00Z', { userSubject: 'Jürgen "🔑" \\ \n' }),
    ]);
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });

  it.each(['', '{', 'null', '1', '{}', '{"id":"a"}', '{"id":"a","rows":{}}'])(
    'is none when it is %j',
    (text) => {
      expect(decodeBatch(text)).toBeNull();
    },
  );
});

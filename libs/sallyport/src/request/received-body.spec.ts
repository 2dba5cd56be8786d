import type { IncomingMessage } from 'node:http';
import { ReceivedBody } from './received-body.js';

/** A request whose reader wants no more for now. */
function fullRequest() {
  const pushed: unknown[] = [];
  const push = (chunk: unknown): boolean => {
    pushed.push(chunk);
    return false;
  };
  return { raw: { push, once: () => undefined } as unknown as IncomingMessage, pushed };
}

describe('The bytes of a body', () => {
  it('are noted up to the limit, and asked for even while nobody reads', async () => {
    const { raw, pushed } = fullRequest();
    ReceivedBody.keep(raw, 8);
    expect(raw.push(Buffer.from('12345678'))).toBe(true);
    raw.push(null);
    expect(await ReceivedBody.of(raw)?.bytes()).toEqual(Buffer.from('12345678'));
    expect(pushed).toEqual([Buffer.from('12345678'), null]);
  });

  it('are too many after that', async () => {
    const { raw } = fullRequest();
    ReceivedBody.keep(raw, 8);
    expect(raw.push(Buffer.from('123456789'))).toBe(false);
    await expect(ReceivedBody.of(raw)?.bytes()).rejects.toMatchObject({
      code: 'ERR_BODY_TOO_LARGE',
    });
  });

  it('that were let go of are not there, nor begun anew, and hold nobody up', () => {
    const { raw, pushed } = fullRequest();
    ReceivedBody.keep(raw, 8);
    raw.push(Buffer.from('1'));
    ReceivedBody.forget(raw);
    ReceivedBody.keep(raw, 8);
    expect(raw.push(Buffer.from('2'))).toBe(false);
    expect(ReceivedBody.of(raw)).toBeNull();
    expect(pushed).toEqual([Buffer.from('1'), Buffer.from('2')]);
  });
});

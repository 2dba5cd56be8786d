import { Logger } from '@nestjs/common';
import { createTestIssuer, TEST_NOW } from '../../../../../../test/support/tokens.js';
import { SallyportError } from '../../../errors.js';
import { OutboundHttp } from '../../../outbound/outbound-http.js';
import { FrozenClock } from '../../../testing/frozen-clock.js';
import { RemoteJwks } from './remote-jwks.js';

const first = createTestIssuer({ kid: 'first' });
const second = createTestIssuer({ kid: 'second' });

/** Answers what the test sets, and counts. */
class ScriptedHttp extends OutboundHttp {
  calls = 0;
  answer: unknown = { keys: [first.publicJwk] };
  private held = Promise.resolve();
  letGo = (): void => undefined;

  hold(): void {
    this.held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  override async getJson(): Promise<unknown> {
    this.calls += 1;
    await this.held;
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
}

function createKeys() {
  const http = new ScriptedHttp();
  const clock = new FrozenClock(TEST_NOW);
  const keys = new RemoteJwks(
    {
      uri: 'https://issuer.test/jwks',
      algorithms: ['ES256'],
      maxAgeSeconds: 600,
      cooldownSeconds: 30,
      maxStaleSeconds: 86_400,
    },
    http,
    clock,
  );
  return { http, clock, keys };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('RemoteJwks', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
  });

  it('fetches once for many keys and requests at a time', async () => {
    const { http, keys } = createKeys();
    http.hold();
    const finding = Promise.all(Array.from({ length: 20 }, async () => keys.find('first')));
    http.letGo();
    expect(new Set((await finding).map((key) => key?.kid))).toEqual(new Set(['first']));
    expect(http.calls).toBe(1);
  });

  it('gives the same object while the key stays the same', async () => {
    const { clock, keys } = createKeys();
    const before = await keys.find('first');
    clock.advance(601);
    expect(await keys.find('first')).toBe(before);
  });

  it('fetches again for an unknown kid, but not more often than the cooldown lets it [C69]', async () => {
    const { http, clock, keys } = createKeys();
    await keys.find('first');
    clock.advance(30);
    http.answer = { keys: [first.publicJwk, second.publicJwk] };
    expect((await keys.find('second'))?.kid).toBe('second');
    for (let i = 0; i < 100; i += 1) expect(await keys.find(`random-${String(i)}`)).toBeNull();
    expect(http.calls).toBe(2);
    clock.advance(30);
    await keys.find('random');
    expect(http.calls).toBe(3);
  });

  it('fetches again when the clock was set back: a copy from the future is not fresh', async () => {
    const { http, clock, keys } = createKeys();
    await keys.find('first');
    http.answer = { keys: [second.publicJwk] };
    clock.advance(-365 * 86_400);
    expect(await keys.find('second')).not.toBeNull();
    expect(await keys.find('first')).toBeNull();
  });

  it('refreshes in the background from half of the maximum age on, and lets nobody wait for it', async () => {
    const { http, clock, keys } = createKeys();
    await keys.find('first');
    clock.advance(300);
    http.hold();
    expect((await keys.find('first'))?.kid).toBe('first');
    expect(http.calls).toBe(2);
    http.letGo();
    await settled();
    clock.advance(299);
    await keys.find('first');
    expect(http.calls).toBe(2);
  });

  it('uses no key after the maximum age that the issuer has withdrawn', async () => {
    const { http, clock, keys } = createKeys();
    await keys.find('first');
    http.answer = { keys: [second.publicJwk] };
    clock.advance(600);
    expect(await keys.find('first')).toBeNull();
  });

  it('goes on with an old copy while the issuer is away, for a day and no longer [W4]', async () => {
    const { http, clock, keys } = createKeys();
    await keys.find('first');
    http.answer = new TypeError('connect ECONNREFUSED');
    clock.advance(600 + 86_399);
    expect((await keys.find('first'))?.kid).toBe('first');
    clock.advance(10);
    await expect(keys.find('first')).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' });
  });

  it('answers 503 with a time to retry when there never was a copy, and recovers [W4]', async () => {
    const { http, clock, keys } = createKeys();
    http.answer = new TypeError('connect ECONNREFUSED');
    const error = await Promise.resolve(keys.find('first')).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(SallyportError);
    expect((error as SallyportError).problem.status).toBe(503);
    expect((error as SallyportError).context.retryAfterSeconds).toBe(5);

    await expect(keys.find('first')).rejects.toThrow();
    expect(http.calls).toBe(1);
    http.answer = first.jwks;
    clock.advance(5);
    expect((await keys.find('first'))?.kid).toBe('first');
  });

  it.each([
    ['no object', 'keys'],
    ['keys that are no list', { keys: {} }],
    ['more than 100 keys', { keys: new Array(101).fill(first.publicJwk) }],
  ])('takes an answer with %s for none', async (_what, answer) => {
    const { http, keys } = createKeys();
    http.answer = answer;
    await expect(keys.find('first')).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' });
  });

  it('honours an empty set: the issuer withdrew its keys', async () => {
    const { http, clock, keys } = createKeys();
    await keys.find('first');
    http.answer = { keys: [] };
    clock.advance(600);
    expect(await keys.find('first')).toBeNull();
  });
});

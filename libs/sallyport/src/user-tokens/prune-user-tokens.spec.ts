import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createSharedStores, type SharedStores } from '../../../../test/support/lives.js';
import { signIn } from '../../../../test/support/sessions.js';
import { addSeconds } from '../clock.js';
import { SallyportError } from '../errors.js';
import { PruneUserTokens } from './prune-user-tokens.js';

const DAY = 86_400;
const HOUR_MILLISECONDS = 3_600_000;

function setUp() {
  const stores = createSharedStores();
  const { grants, opaqueTokens, logins, clock } = stores;
  return { stores, prune: new PruneUserTokens(grants, opaqueTokens, logins, clock) };
}

async function issueOpaqueToken(stores: SharedStores): Promise<void> {
  const createdAt = stores.clock.now();
  await stores.database.run((transaction) =>
    stores.opaqueTokens.insert(
      {
        id: '0190a1b2-0000-7000-8000-000000000001',
        secretHash: 'o1',
        grantId: null,
        clientId: 'nightly-job',
        clientEpoch: 0,
        details: {},
        createdAt,
        expiresAt: addSeconds(createdAt, 600),
        revokedAt: null,
      },
      transaction,
    ),
  );
}

describe('PruneUserTokens', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('deletes what expired before, page after page, and nothing else', async () => {
    const { stores, prune } = setUp();
    for (let count = 0; count < 501; count += 1)
      await signIn(stores, { id: `old${String(count)}` });
    await issueOpaqueToken(stores);
    stores.clock.advance(DAY);
    const kept = await signIn(stores);
    await prune.prune(kept.expiresAt);

    for (const id of ['old0', 'old500']) {
      expect(await stores.grants.find(id)).toBeNull();
      expect(await stores.userTokens.findByHash(id)).toBeNull();
      expect(await stores.logins.find(`login of ${id}`)).toBeNull();
    }
    expect(await stores.opaqueTokens.findByHash('o1')).toBeNull();
    expect(await stores.grants.find(kept.id)).not.toBeNull();
    expect(await stores.logins.find(kept.loginId)).not.toBeNull();
  });

  it('prunes once an hour what expired a week ago', async () => {
    const { stores, prune } = setUp();
    const { id, expiresAt } = await signIn(stores);
    prune.onApplicationBootstrap();
    stores.clock.set(addSeconds(expiresAt, 7 * DAY));
    await jest.advanceTimersByTimeAsync(HOUR_MILLISECONDS);
    expect(await stores.grants.find(id)).not.toBeNull();
    stores.clock.advance(1);
    await jest.advanceTimersByTimeAsync(HOUR_MILLISECONDS);
    expect(await stores.grants.find(id)).toBeNull();
    await prune.beforeApplicationShutdown();
  });

  it('tries again at its next turn when the store is away', async () => {
    const { stores, prune } = setUp();
    const { id, expiresAt } = await signIn(stores);
    stores.clock.set(addSeconds(expiresAt, 8 * DAY));
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest
      .spyOn(stores.grants, 'prune')
      .mockRejectedValueOnce(new SallyportError('ERR_STORE_UNAVAILABLE'));
    prune.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(HOUR_MILLISECONDS);
    expect(warn).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(HOUR_MILLISECONDS);
    expect(await stores.grants.find(id)).toBeNull();
    await prune.beforeApplicationShutdown();
  });

  it('stops at the end of a page when the app shuts down', async () => {
    const { stores, prune } = setUp();
    const pages = jest.spyOn(stores.grants, 'prune').mockResolvedValue(500);
    jest.spyOn(stores.logins, 'prune').mockResolvedValue(500);
    prune.onApplicationBootstrap();
    jest.advanceTimersByTime(HOUR_MILLISECONDS);
    await prune.beforeApplicationShutdown();
    expect(pages).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(HOUR_MILLISECONDS);
    expect(pages).toHaveBeenCalledTimes(1);
  });
});

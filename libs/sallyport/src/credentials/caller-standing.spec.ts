import { SallyportError } from '../errors.js';
import type { Caller } from '../principals/caller.js';
import { FrozenClock } from '../testing/frozen-clock.js';
import { CallerStanding } from './caller-standing.js';
import type { Verified } from './verified.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const SKEW_SECONDS = 30;

/** Of an instance that has lost its stores, and was told of a change just before. */
function standingWithoutStores(clock: FrozenClock): CallerStanding {
  const away = () => Promise.reject(new SallyportError('ERR_STORE_UNAVAILABLE', {}));
  const parts: unknown[] = [
    { assertNotRevoked: away },
    {},
    { find: away },
    { isSuspended: away },
    { find: away },
    { rolesOf: away },
    { find: away },
    clock,
    { clockSkewSeconds: SKEW_SECONDS },
  ];
  return new CallerStanding(...(parts as ConstructorParameters<typeof CallerStanding>));
}

const caller = { client: { clientId: 'shop' }, user: null, scope: new Set() } as unknown as Caller;
const token = { credential: { kind: 'access-token', id: 't1' }, expiresAt: NOW } as Verified;

describe('The standing of a caller', () => {
  it('ends with its token, although no store can be asked any more [N2]', async () => {
    const clock = new FrozenClock(NOW);
    const standing = standingWithoutStores(clock);
    clock.advance(SKEW_SECONDS - 1);
    await expect(standing.assertStands(caller, [token])).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
    });
    clock.advance(1);
    await expect(standing.assertStands(caller, [token])).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_EXPIRED',
    });
  });
});

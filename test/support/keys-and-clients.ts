import { jest } from '@jest/globals';
import { ApiKeyDirectory } from '../../libs/sallyport/src/api-keys/api-key.directory.js';
import {
  resolveApiKeyOptions,
  type ApiKeyOptions,
} from '../../libs/sallyport/src/api-keys/api-key.options.js';
import { ApiKeyService } from '../../libs/sallyport/src/api-keys/api-key.service.js';
import { ApiKeyRecords } from '../../libs/sallyport/src/api-keys/api-key-records.js';
import { IssueApiKey } from '../../libs/sallyport/src/api-keys/issue-api-key.js';
import { RevokeApiKey } from '../../libs/sallyport/src/api-keys/revoke-api-key.js';
import { RotateApiKey } from '../../libs/sallyport/src/api-keys/rotate-api-key.js';
import { SigningSecrets } from '../../libs/sallyport/src/api-keys/signing-secret.js';
import { UpdateApiKey } from '../../libs/sallyport/src/api-keys/update-api-key.js';
import { VerifyApiKey } from '../../libs/sallyport/src/api-keys/verify-api-key.js';
import { ClientDirectory } from '../../libs/sallyport/src/clients/client.directory.js';
import { ClientSecretService } from '../../libs/sallyport/src/clients/client-secret.service.js';
import { ClientService, type NewClient } from '../../libs/sallyport/src/clients/client.service.js';
import { SallyportError, type ErrorCode } from '../../libs/sallyport/src/errors.js';
import { Sealer } from '../../libs/sallyport/src/sealing/sealer.js';
import { MemoryApiKeyStore } from '../../libs/sallyport/src/stores/memory/memory-api-key.store.js';
import { MemoryClientStore } from '../../libs/sallyport/src/stores/memory/memory-client.store.js';
import { createRevocation, createSharedStores, createUserStatus } from './lives.js';

export const operator = { actor: 'client:operator', reason: 'ticket 7' } as const;

/** The services of keys, clients and secrets of one instance, on memory stores and a clock that stands still. */
export function createKeysAndClients(options: ApiKeyOptions = {}) {
  const shared = createSharedStores();
  const { clock, randomness, database, changes } = shared;
  const mistakes: string[] = [];
  const resolved = resolveApiKeyOptions(options, false, mistakes);
  if (mistakes.length > 0) throw new TypeError(mistakes.join('; '));

  const keyStore = new MemoryApiKeyStore(database);
  const clientStore = new MemoryClientStore(database);
  const instance = createRevocation(shared);
  const { service: revocation, records: known, exact, assertNotRevoked } = instance;
  const directory = new ClientDirectory(clientStore, known);
  const clients = new ClientService(clientStore, changes, database, revocation, clock, randomness);
  const keyDirectory = new ApiKeyDirectory(keyStore, known);
  const sealer = new Sealer([{ kid: 'test', key: randomness.bytes(32) }], randomness);
  const records = new ApiKeyRecords(
    keyStore,
    clientStore,
    changes,
    clock,
    randomness,
    sealer,
    resolved,
  );
  const shares = [records, keyStore, database] as const;
  const keys = new ApiKeyService(
    keyStore,
    records,
    new IssueApiKey(...shares, revocation, keyDirectory, clock, resolved),
    new UpdateApiKey(...shares, revocation, clock, resolved),
    new RotateApiKey(...shares, revocation, clock, resolved),
    new RevokeApiKey(...shares, revocation, clock),
  );
  const secrets = new ClientSecretService(
    clientStore,
    clients,
    directory,
    changes,
    database,
    revocation,
    exact,
    clock,
    randomness,
    known,
  );
  return {
    clock,
    database,
    changes,
    revocation,
    assertNotRevoked,
    /** Another instance on the same stores, and how this one hears of what it did. */
    other: createRevocation(shared),
    follow: () => instance.follower.turn(),
    users: createUserStatus(shared),
    clients,
    secrets,
    keys,
    keyStore,
    clientStore,
    keyDirectory,
    options: resolved,
    signingSecrets: new SigningSecrets(sealer),
    verify: new VerifyApiKey(keyDirectory, clock, resolved),
    register: (fields: Partial<NewClient> = {}) =>
      clients.register(
        {
          clientId: 'shop',
          name: 'Shop',
          type: 'confidential',
          scope: ['invoices:read', 'invoices:write', 'invoices:approve'],
          ...fields,
        },
        operator,
      ),
    /** Actions in the record of changes of one object, by name: they are of one instant. */
    actionsOn: async (object: string) =>
      (await changes.listByObject(object, 100)).map(({ action }) => action).sort(),
    /** How often the store of keys is asked from now on. */
    watchReads: () => {
      const found = jest.spyOn(keyStore, 'find');
      const foreign = jest.spyOn(keyStore, 'findForeign');
      return () => found.mock.calls.length + foreign.mock.calls.length;
    },
  };
}

export type KeysAndClients = ReturnType<typeof createKeysAndClients>;

/** The code with which `work` is refused; fails when it is not. */
export async function refusalOf(work: Promise<unknown>): Promise<ErrorCode> {
  const error: unknown = await work.then(
    () => new TypeError('it was not refused'),
    (refusal: unknown) => refusal,
  );
  if (error instanceof SallyportError) return error.code;
  throw error;
}

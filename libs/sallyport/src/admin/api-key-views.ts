import { Injectable } from '@nestjs/common';
import type { ApiKey } from '../api-keys/api-key.js';
import { Clock } from '../clock.js';
import { RevocationStore } from '../revocation/revocation.store.js';
import { revocationKey, type RevocationKey } from '../revocation/revocation.js';
import { viewOf, type ApiKeyView } from './api-key.view.js';

/** Shows API keys in the state in which a request would find them: revoking a client or a user changes no record of a key. */
@Injectable()
export class ApiKeyViews {
  constructor(
    private readonly revoked: RevocationStore,
    private readonly clock: Clock,
  ) {}

  async of(keys: readonly ApiKey[]): Promise<readonly ApiKeyView[]> {
    const targets = [...new Set(keys.flatMap((key) => epochsOf(key).map(([target]) => target)))];
    const marks = await this.revoked.marks(targets);
    const current = new Map(targets.map((target, index) => [target, marks[index]?.epoch ?? 0]));
    const now = this.clock.now();
    return keys.map((key) => {
      const hasEnded = epochsOf(key).some(([target, epoch]) => epoch < (current.get(target) ?? 0));
      return viewOf(key, hasEnded, now);
    });
  }
}

/** What ends the key when it is revoked, and the epoch that the key has of it. */
function epochsOf({ clientId, clientEpoch, user, userEpoch }: ApiKey): [RevocationKey, number][] {
  const client: [RevocationKey, number] = [
    revocationKey({ kind: 'client', clientId }),
    clientEpoch,
  ];
  return user === null ? [client] : [client, [revocationKey({ kind: 'user', ...user }), userEpoch]];
}

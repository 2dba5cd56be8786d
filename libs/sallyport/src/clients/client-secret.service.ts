import { Injectable } from '@nestjs/common';
import { hashSecret, isSameHash } from '../hashing/secret-hash.js';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { addSeconds, Clock } from '../clock.js';
import { invalidInput } from '../input.js';
import { randomBase62, Randomness, uuidv7 } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { ClientService } from './client.service.js';
import { ClientStore } from './client.store.js';
import type { ClientSecret } from './client.js';

const SECRET_LENGTH = 43; // 256 bits
const MAX_OVERLAP_SECONDS = 30 * 86_400;
const NO_HASH = '0'.repeat(64);

/** A new secret and its text, together, once: the text is kept nowhere. */
export interface IssuedClientSecret {
  readonly secret: ClientSecret;
  readonly plaintext: string;
}

/** The life of a client secret (RFC 6749 §2.3.1): issue, verify, rotate, revoke. */
@Injectable()
export class ClientSecretService {
  constructor(
    private readonly store: ClientStore,
    private readonly clients: ClientService,
    private readonly changes: ChangeStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** One more secret, beside those there are. Throws ERR_INPUT_INVALID for a public client. */
  async issue(
    clientId: string,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<IssuedClientSecret> {
    return this.transactions.run(
      (inner) => this.insert(clientId, 'client-secret.issued', by, inner),
      transaction,
    );
  }

  /** A new secret; all others end after the overlap. @param overlapSeconds 0 to 2592000; default 86400 (24 h) */
  async rotate(
    clientId: string,
    by: ChangedBy,
    { overlapSeconds = 86_400 }: { readonly overlapSeconds?: number } = {},
    transaction?: Transaction,
  ): Promise<IssuedClientSecret> {
    if (
      !Number.isSafeInteger(overlapSeconds) ||
      overlapSeconds < 0 ||
      overlapSeconds > MAX_OVERLAP_SECONDS
    ) {
      throw invalidInput('overlapSeconds must be a whole number from 0 to 2592000 (30 days)');
    }
    return this.transactions.run(async (inner) => {
      const issued = await this.insert(clientId, 'client-secret.rotated', by, inner);
      const endsAt = addSeconds(this.clock.now(), overlapSeconds);
      await this.store.endSecrets(clientId, issued.secret.id, endsAt, inner);
      return issued;
    }, transaction);
  }

  /** Those that are valid now, so that one can be picked to revoke. */
  list(clientId: string): Promise<readonly ClientSecret[]> {
    return this.active(clientId);
  }

  /** Final. Reports whether this call did it. */
  async revoke(id: string, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    const isRevoked = await this.transactions.run(async (inner) => {
      if (!(await this.store.revokeSecret(id, this.clock.now(), inner))) return false;
      await this.revocations.revoke({ kind: 'client-secret', id }, by, inner);
      return true;
    }, transaction);
    if (transaction === undefined) await this.revocations.publish();
    return isRevoked;
  }

  /** The secret whose text this is, or null. Every active secret is compared, in constant time each. */
  async verify(clientId: string, plaintext: string): Promise<ClientSecret | null> {
    const presented = hashSecret(plaintext);
    const secrets = await this.active(clientId);
    isSameHash(NO_HASH, presented); // an unknown client costs a comparison too
    let found: ClientSecret | null = null;
    for (const secret of secrets) {
      if (isSameHash(secret.secretHash, presented)) found = secret;
    }
    return found;
  }

  /** Without those that ended when their client was revoked. */
  private async active(clientId: string): Promise<readonly ClientSecret[]> {
    const [secrets, { client }] = await Promise.all([
      this.store.activeSecrets(clientId, this.clock.now()),
      this.revocations.currentEpochs({ clientId }),
    ]);
    return secrets.filter(({ clientEpoch }) => clientEpoch >= client);
  }

  private async insert(
    clientId: string,
    action: string,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<IssuedClientSecret> {
    const client = await this.clients.hold(clientId, transaction);
    if (client.type === 'public') {
      // RFC 6749 §2.1: a public client cannot keep one.
      throw invalidInput(`client ${clientId} is public: it cannot keep a secret`);
    }
    const epochs = await this.revocations.currentEpochs({ clientId }, transaction);
    const now = this.clock.now();
    const plaintext = randomBase62(this.randomness, SECRET_LENGTH);
    const secret: ClientSecret = {
      id: uuidv7(this.randomness, now),
      clientId,
      secretHash: hashSecret(plaintext),
      clientEpoch: epochs.client,
      createdAt: now,
      expiresAt: null,
      revokedAt: null,
    };
    await this.store.insertSecret(secret, transaction);
    await this.changes.append(
      changeOf(
        { action, object: secret.id, details: { client: clientId } },
        by,
        now,
        this.randomness,
      ),
      transaction,
    );
    return { secret, plaintext };
  }
}

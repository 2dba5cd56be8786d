import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import type { RecordCache } from '../cache/record-cache.js';
import { addSeconds, Clock } from '../clock.js';
import { hashSecret, isSameHash } from '../hashing/secret-hash.js';
import { invalidInput, isClientId } from '../input.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { randomBase62, Randomness, uuidv7 } from '../randomness.js';
import { ExactMarks } from '../revocation/check/exact-marks.js';
import { KnownRecords } from '../revocation/replica/known-records.js';
import { revocationKey } from '../revocation/revocation.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { ClientDirectory } from './client.directory.js';
import { ClientService } from './client.service.js';
import { ClientStore } from './client.store.js';
import type { Client, ClientSecret } from './client.js';

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
  private readonly byClient: RecordCache<readonly ClientSecret[]>;

  constructor(
    private readonly store: ClientStore,
    private readonly clients: ClientService,
    private readonly directory: ClientDirectory,
    private readonly changes: ChangeStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly exact: ExactMarks,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    records: KnownRecords,
  ) {
    this.byClient = records.cache(
      (clientId) => this.read(clientId),
      (clientId) => ({ kind: 'client-secrets-record', clientId }),
    );
  }

  /**
   * One more secret, beside those there are: good everywhere at once. Throws
   * ERR_INPUT_INVALID for a public client, and for one that authenticates by its `jwks` or a certificate.
   */
  async issue(
    clientId: string,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<IssuedClientSecret> {
    const issued = await this.transactions.run(
      (inner) => this.insert(clientId, 'client-secret.issued', by, inner),
      transaction,
    );
    if (transaction === undefined) await this.revocations.publish();
    return issued;
  }

  /** Issues one; all others end after the overlap. @param overlapSeconds 0 to 2592000; default 86400 (24 h) */
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
    const rotated = await this.transactions.run(async (inner) => {
      const issued = await this.insert(clientId, 'client-secret.rotated', by, inner);
      const endsAt = addSeconds(this.clock.now(), overlapSeconds);
      await this.store.endSecrets(clientId, issued.secret.id, endsAt, inner);
      return issued;
    }, transaction);
    if (transaction === undefined) await this.revocations.publish();
    return rotated;
  }

  /** Those that are valid now, so that one can be picked to revoke. */
  list(clientId: string): Promise<readonly ClientSecret[]> {
    return this.valid(clientId, this.read(clientId));
  }

  /** Final. Reports whether this call did it. */
  async revoke(id: string, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    const isRevoked = await this.transactions.run(async (inner) => {
      const owner = await this.store.revokeSecret(id, this.clock.now(), inner);
      if (owner === null) return false;
      await this.revocations.revoke({ kind: 'client-secret', id }, by, inner);
      await this.secretsChanged(owner, by, inner);
      return true;
    }, transaction);
    if (transaction === undefined) await this.revocations.publish();
    return isRevoked;
  }

  /**
   * The secret whose text this is, or null. Every valid secret is compared, in constant time each. One that another
   * instance issued is taken at once.
   */
  async verify(clientId: string, plaintext: string): Promise<ClientSecret | null> {
    const presented = hashSecret(plaintext);
    isSameHash(NO_HASH, presented); // an unknown client costs a comparison too
    // What no client can be called is not looked up, nor remembered: it can be of any length.
    if (!isClientId(clientId)) return null;
    const remembered = this.byClient.find(clientId);
    const found = secretAmong(await this.valid(clientId, remembered), presented);
    // What was just read need not be read again.
    if (found !== null || isPromise(remembered)) return found;
    return secretAmong(await this.valid(clientId, this.read(clientId)), presented);
  }

  private read(clientId: string): Promise<readonly ClientSecret[]> {
    return this.store.activeSecrets(clientId, this.clock.now());
  }

  /**
   * Without those that expired since they were read, or ended when their client was revoked. None counts while the
   * client authenticates by keys or certificates.
   */
  private async valid(
    clientId: string,
    reading: MaybePromise<readonly ClientSecret[]>,
  ): Promise<readonly ClientSecret[]> {
    const [secrets, client, mark] = await Promise.all([
      reading,
      this.directory.find(clientId),
      this.exact.find(revocationKey({ kind: 'client', clientId })),
    ]);
    if (client === null || !authenticatesBySecret(client)) return [];
    const now = this.clock.now();
    return secrets.filter(
      ({ clientEpoch, expiresAt }) =>
        clientEpoch >= (mark?.epoch ?? 0) && (expiresAt === null || expiresAt > now),
    );
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
    if (!authenticatesBySecret(client)) {
      throw invalidInput(
        `client ${clientId} authenticates by its jwks or certificate: it needs no secret`,
      );
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
    await this.secretsChanged(clientId, by, transaction);
    return { secret, plaintext };
  }

  private secretsChanged(clientId: string, by: ChangedBy, transaction: Transaction): Promise<void> {
    const record = { kind: 'client-secrets-record', clientId } as const;
    return this.revocations.recordChanged(record, by, transaction);
  }
}

const authenticatesBySecret = ({ jwks, tlsClientAuth, selfSignedCertificates }: Client): boolean =>
  jwks === null && tlsClientAuth === null && selfSignedCertificates === null;

/** Compares all of them, so that time does not tell which one it was. */
function secretAmong(secrets: readonly ClientSecret[], presented: string): ClientSecret | null {
  let found: ClientSecret | null = null;
  for (const secret of secrets) {
    if (isSameHash(secret.secretHash, presented)) found = secret;
  }
  return found;
}

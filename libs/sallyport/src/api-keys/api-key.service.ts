import { Injectable } from '@nestjs/common';
import type { ChangedBy } from '../audit/change.js';
import type { PageRequest } from '../page.js';
import type { Transaction } from '../transactions/transaction.js';
import type { ApiKey, ApiKeyChanges } from './api-key.js';
import { ApiKeyRecords, type IssuedApiKey } from './api-key-records.js';
import { ApiKeyStore } from './api-key.store.js';
import { IssueApiKey, type ImportedApiKey, type NewApiKey } from './issue-api-key.js';
import { RevokeApiKey } from './revoke-api-key.js';
import { RotateApiKey, type RotateApiKeyOptions } from './rotate-api-key.js';
import { UpdateApiKey } from './update-api-key.js';

/**
 * The life of an API key: issue, list, rename, rotate, revoke. Every method that changes something takes who
 * did it, and an optional transaction of the host's to join.
 */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly store: ApiKeyStore,
    private readonly records: ApiKeyRecords,
    private readonly issueApiKey: IssueApiKey,
    private readonly updateApiKey: UpdateApiKey,
    private readonly rotateApiKey: RotateApiKey,
    private readonly revokeApiKey: RevokeApiKey,
  ) {}

  /** Throws ERR_NOT_FOUND for an unknown client, ERR_INPUT_INVALID for what is not the client's to give. */
  issue(key: NewApiKey, by: ChangedBy, transaction?: Transaction): Promise<IssuedApiKey> {
    return this.issueApiKey.issue(key, by, transaction);
  }

  /** Takes over a key of another system, whose text only its holder knows. ERR_CONFLICT when it is here already. */
  import(key: ImportedApiKey, by: ChangedBy, transaction?: Transaction): Promise<ApiKey> {
    return this.issueApiKey.import(key, by, transaction);
  }

  /** Throws ERR_NOT_FOUND. */
  get(id: string, transaction?: Transaction): Promise<ApiKey> {
    return this.records.get(id, transaction);
  }

  /** Newest first, those that ended included. */
  listByClient(clientId: string, page: PageRequest): Promise<readonly ApiKey[]> {
    return this.store.listByClient(clientId, page);
  }

  rename(id: string, name: string, by: ChangedBy, transaction?: Transaction): Promise<void> {
    return this.updateApiKey.update(id, { name }, by, transaction);
  }

  /**
   * Changes a key that is not revoked. Narrowing is effective here at once, on other instances within half a
   * second. ERR_CONFLICT for a revoked key, and for the end of one that has ended or been replaced: nothing
   * revives it.
   */
  update(
    id: string,
    changes: ApiKeyChanges,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<void> {
    return this.updateApiKey.update(id, changes, by, transaction);
  }

  /**
   * Gives the key a successor with the same rights, as far as its client still has them. The old one goes on for
   * the overlap (default 24 h), at most until its own end. ERR_CONFLICT when it is revoked, expired or already
   * rotated: of two at once, one wins.
   */
  rotate(
    id: string,
    by: ChangedBy,
    options: RotateApiKeyOptions = {},
    transaction?: Transaction,
  ): Promise<IssuedApiKey> {
    return this.rotateApiKey.rotate(id, by, options, transaction);
  }

  /** Final, and effective on every instance within milliseconds. Revoking twice changes nothing; reports whether this call did it. */
  revoke(id: string, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    return this.revokeApiKey.revoke(id, by, transaction);
  }
}

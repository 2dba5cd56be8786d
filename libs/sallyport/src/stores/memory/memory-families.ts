import { Injectable } from '@nestjs/common';
import type { AuthorizationCode } from '../../user-tokens/authorization-code.js';
import type { Grant } from '../../user-tokens/grant.js';
import type { OpaqueToken } from '../../user-tokens/opaque-token.js';
import type { UserToken } from '../../user-tokens/user-token.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

/** Grants and what belongs to them, in one place, since they end and go together. */
@Injectable()
export class MemoryFamilies {
  readonly grants: MemoryTable<Grant>;
  /** By hash. */
  readonly authorizationCodes: MemoryTable<AuthorizationCode>;
  readonly userTokens: MemoryTable<UserToken>;
  /** By hash. */
  readonly opaqueTokens: MemoryTable<OpaqueToken>;

  constructor(readonly database: MemoryDatabase) {
    this.grants = database.table();
    this.authorizationCodes = database.table();
    this.userTokens = database.table();
    this.opaqueTokens = database.table();
  }
}

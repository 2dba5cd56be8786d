import { Body, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiKeyService } from '../api-keys/api-key.service.js';
import { ClientSecretService } from '../clients/client-secret.service.js';
import { ClientService } from '../clients/client.service.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../credentials/bearer/access-token.options.js';
import { EncryptionKeyService } from '../encryption-keys/encryption-key.service.js';
import { SallyportError } from '../errors.js';
import { invalidInput } from '../input.js';
import type { ClientPrincipal } from '../principals/caller.js';
import { CurrentClient } from '../principals/current.decorators.js';
import {
  RevocationStatus,
  type RevocationFigures,
} from '../revocation/replica/revocation.status.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { RevocationStore } from '../revocation/revocation.store.js';
import { ANY_CLIENT, revocationKey, type RevocationTarget } from '../revocation/revocation.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';
import { AdminController } from './admin-controller.decorator.js';
import { RevokeDto } from './admin.dto.js';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { changedBy } from './changed-by.js';

/** Revokes by kind and id. Answered with 204 once it is written: from then on no instance accepts it for longer than milliseconds. */
@AdminController('revocations')
export class RevocationsController {
  constructor(
    private readonly revocations: RevocationService,
    private readonly revoked: RevocationStore,
    private readonly figures: RevocationStatus,
    private readonly apiKeys: ApiKeyService,
    private readonly clients: ClientService,
    private readonly secrets: ClientSecretService,
    private readonly signingKeys: SigningKeyService,
    private readonly encryptionKeys: EncryptionKeyService,
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly tokens: ResolvedAccessTokenOptions,
    @Inject(ADMIN_OPTIONS) private readonly options: AdminOptions,
  ) {}

  /** How well the instance that answers knows what is revoked. */
  @Get('status')
  status(): RevocationFigures {
    return this.figures.figures();
  }

  @Post()
  @HttpCode(204)
  async revoke(@Body() asked: RevokeDto, @CurrentClient() client: ClientPrincipal): Promise<void> {
    const by = changedBy(client, asked.reason);
    const { kind, id } = asked;
    const issuer = asked.iss ?? this.options.userIssuer ?? this.tokens.issuer;
    switch (kind) {
      // What has a record of its own is ended there too; its service revokes with it.
      case 'api-key':
        await this.apiKeys.revoke(id, by);
        return;
      case 'client-secret':
        if (await this.secrets.revoke(id, by)) return;
        return this.assertRevokedBefore({ kind, id }, 'client secret');
      case 'signing-key':
        // Only our own keys have a record; another issuer's `kid` is revoked for us alone.
        if (asked.iss !== undefined && asked.iss !== this.tokens.issuer) {
          return this.revocations.revoke({ kind, issuer, kid: id }, by);
        }
        if (await this.signingKeys.revoke(id, by)) return;
        return this.assertRevokedBefore(
          { kind, issuer: this.tokens.issuer, kid: id },
          'signing key in use',
        );
      case 'encryption-key':
        if (await this.encryptionKeys.revoke(id, by)) return;
        throw notFound('encryption key in use');
      case 'client':
        await this.clients.get(id);
        return this.revocations.revoke({ kind, clientId: id }, by);
      case 'user-client':
        if (asked.clientId === undefined) throw invalidInput('clientId is needed for user-client');
        if (asked.clientId !== ANY_CLIENT) await this.clients.get(asked.clientId);
        return this.revocations.revoke({ kind, issuer, subject: id, clientId: asked.clientId }, by);
      case 'user':
        return this.revocations.revoke({ kind, issuer, subject: id }, by);
      case 'issuer':
        return this.revocations.revoke({ kind, issuer: id }, by);
      case 'token':
        return this.revocations.revoke({ kind, issuer, jti: id }, by);
      case 'session':
        return this.revocations.revoke({ kind, issuer, sid: id }, by);
      case 'grant':
        return this.revocations.revoke({ kind, issuer, gid: id }, by);
    }
  }

  /** To revoke twice is no mistake; to revoke what never was is one, and must not look like success. */
  private async assertRevokedBefore(target: RevocationTarget, what: string): Promise<void> {
    const [mark] = await this.revoked.marks([revocationKey(target)]);
    if ((mark ?? null) === null) throw notFound(what);
  }
}

const notFound = (what: string) =>
  new SallyportError('ERR_NOT_FOUND', { reason: `no ${what}`, detail: `No such ${what}.` });

import { Body, Delete, HttpCode, Inject, Put } from '@nestjs/common';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../credentials/bearer/access-token.options.js';
import { ClientService } from '../clients/client.service.js';
import type { ClientPrincipal } from '../principals/caller.js';
import { CurrentClient } from '../principals/current.decorators.js';
import { RoleGrantService, type RoleAssignment } from '../role-grants/role-grant.service.js';
import { AdminController } from './admin-controller.decorator.js';
import { RoleGrantDto } from './admin.dto.js';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { changedBy } from './changed-by.js';

/** Roles per user and client. Both operations may be repeated: the answer says whether anything changed. */
@AdminController('role-grants')
export class RoleGrantsController {
  constructor(
    private readonly roleGrants: RoleGrantService,
    private readonly clients: ClientService,
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly tokens: ResolvedAccessTokenOptions,
    @Inject(ADMIN_OPTIONS) private readonly options: AdminOptions,
  ) {}

  @Put()
  async grant(
    @Body() grant: RoleGrantDto,
    @CurrentClient() client: ClientPrincipal,
  ): Promise<{ readonly changed: boolean }> {
    const assignment = this.assignment(grant);
    if (assignment.clientId !== null) await this.clients.get(assignment.clientId);
    return {
      changed: await this.roleGrants.grant(assignment, changedBy(client, grant.reason)),
    };
  }

  @Delete()
  @HttpCode(200)
  async withdraw(
    @Body() grant: RoleGrantDto,
    @CurrentClient() client: ClientPrincipal,
  ): Promise<{ readonly changed: boolean }> {
    return {
      changed: await this.roleGrants.withdraw(
        this.assignment(grant),
        changedBy(client, grant.reason),
      ),
    };
  }

  private assignment({ sub, iss, clientId, role }: RoleGrantDto): RoleAssignment {
    const issuer = iss ?? this.options.userIssuer ?? this.tokens.issuer;
    return { user: { issuer, subject: sub }, clientId: clientId ?? null, role };
  }
}

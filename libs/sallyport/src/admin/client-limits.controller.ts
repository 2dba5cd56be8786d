import { Body, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import type { ClientPrincipal } from '../principals/caller.js';
import { CurrentClient } from '../principals/current.decorators.js';
import { PlanService } from '../throttling/plans/plan.service.js';
import type { QuotaOptions } from '../throttling/quota.js';
import { AdminController } from './admin-controller.decorator.js';
import { ReasonDto } from './admin.dto.js';
import { changedBy } from './changed-by.js';
import { QuotaDto } from './plan.dto.js';

interface LimitsView {
  readonly clientId: string;
  readonly quota: QuotaOptions;
}

/** What one client got beyond its plan. */
@AdminController('clients/:clientId/limits')
export class ClientLimitsController {
  constructor(private readonly plans: PlanService) {}

  @Get()
  async get(@Param('clientId') clientId: string): Promise<LimitsView> {
    return { clientId, quota: (await this.plans.limitsOf(clientId)).quota };
  }

  @Put()
  async put(
    @Param('clientId') clientId: string,
    @Body() { reason, ...quota }: QuotaDto,
    @CurrentClient() client: ClientPrincipal,
  ): Promise<LimitsView> {
    const by = changedBy(client, reason);
    return { clientId, quota: (await this.plans.putLimits(clientId, quota, by)).quota };
  }

  @Delete()
  @HttpCode(200)
  async remove(
    @Param('clientId') clientId: string,
    @Body() { reason }: ReasonDto = {},
    @CurrentClient() client: ClientPrincipal,
  ): Promise<{ readonly changed: boolean }> {
    return { changed: await this.plans.removeLimits(clientId, changedBy(client, reason)) };
  }
}

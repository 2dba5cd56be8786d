import { Body, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import type { ClientPrincipal } from '../principals/caller.js';
import { CurrentClient } from '../principals/current.decorators.js';
import { PlanService } from '../throttling/plans/plan.service.js';
import type { QuotaOptions } from '../throttling/quota.js';
import { AdminController } from './admin-controller.decorator.js';
import { changedBy } from './changed-by.js';
import { ListPlansDto, QuotaDto } from './plan.dto.js';
import { ReasonDto } from './admin.dto.js';

interface PlanView {
  readonly name: string;
  readonly quota: QuotaOptions;
}

/** Plans, changed while the app runs: every instance keeps to them within about a second. */
@AdminController('plans')
export class PlansController {
  constructor(private readonly plans: PlanService) {}

  @Get()
  async list(@Query() page: ListPlansDto): Promise<{ readonly plans: readonly PlanView[] }> {
    const plans = await this.plans.list(page);
    return { plans: plans.map(({ name, quota }) => ({ name, quota })) };
  }

  @Get(':name')
  async get(@Param('name') name: string): Promise<PlanView> {
    return { name, quota: (await this.plans.get(name)).quota };
  }

  @Put(':name')
  async put(
    @Param('name') name: string,
    @Body() { reason, ...quota }: QuotaDto,
    @CurrentClient() client: ClientPrincipal,
  ): Promise<PlanView> {
    return { name, quota: (await this.plans.put(name, quota, changedBy(client, reason))).quota };
  }

  @Delete(':name')
  @HttpCode(200)
  async remove(
    @Param('name') name: string,
    @Body() { reason }: ReasonDto = {},
    @CurrentClient() client: ClientPrincipal,
  ): Promise<{ readonly changed: boolean }> {
    return { changed: await this.plans.remove(name, changedBy(client, reason)) };
  }
}

import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ClientOnly, Scopes, Throttle, seconds } from '@sallyport/nest';
import { DailyReport, DailyReportQuery } from './daily-report.js';
import { ReportsService } from './reports.service.js';

@ApiTags('reports')
@Controller('v1/reports')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  /** For jobs, not for people. It reads the whole day, so it may be asked less often than the rest. */
  @Get('daily')
  @ApiOkResponse({ type: DailyReport })
  @ClientOnly()
  @Scopes('reports:read')
  @Throttle({ default: { limit: 20, ttl: seconds(60) } })
  daily(@Query() { date }: DailyReportQuery): Promise<DailyReport> {
    return this.reports.daily(date ?? null);
  }
}

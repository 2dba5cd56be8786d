import { Controller, Get, HttpCode, Res, type OnModuleDestroy } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public, StoreHealth, type StoreHealthReport } from '@sallyport/nest';

interface Reply {
  status(code: number): unknown;
}

export interface Readiness {
  readonly status: StoreHealthReport['status'] | 'stopping';
  readonly stores?: StoreHealthReport['stores'];
}

@ApiTags('health')
@Public()
@Controller('health')
export class HealthController implements OnModuleDestroy {
  private isStopping = false;

  constructor(private readonly health: StoreHealth) {}

  /** The first thing that happens on shutdown, before open requests are waited for. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  @Get('live')
  @HttpCode(200)
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 when ok, or degraded (Redis away: limits and revocations go on without it); 503 when requests would fail. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<Readiness> {
    const report: Readiness = this.isStopping ? { status: 'stopping' } : await this.health.check();
    if (report.status === 'stopping' || report.status === 'unavailable') reply.status(503);
    return report;
  }
}

import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { Rival } from './better-auth.js';
import { BenchModule, InvoicesController } from '../apps/handlers.js';

/** The route behind a guard that asks better-auth. */
export async function betterAuthKeysApp(
  databaseUrl: string | null,
  count: number,
): Promise<{ module: DynamicModule; keys: readonly string[] }> {
  const rival = await Rival.start(databaseUrl);

  @Injectable()
  class BetterAuthGuard implements CanActivate {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
      if (await rival.verify(String(headers['x-api-key']))) return true;
      throw new UnauthorizedException();
    }
  }
  const module = {
    module: BenchModule,
    controllers: [InvoicesController],
    providers: [{ provide: APP_GUARD, useClass: BetterAuthGuard }],
  };
  return { module, keys: await rival.issueKeys(count) };
}

import type { DynamicModule } from '@nestjs/common';
import { SallyportModule } from '../../../libs/sallyport/src/index.js';
import { BenchModule } from './handlers.js';
import { AUDIENCE, OWN_ISSUER } from './names.js';

/** What `forRoot` takes: the options and the stores. */
export type ForRoot = Parameters<typeof SallyportModule.forRoot>[0];
export type Limits = 'leased' | 'exact';

const plenty = { limit: 10_000_000, windowSeconds: 60 };
const quota = { reads: plenty, writes: plenty };

export interface GuardedSettings {
  /** Environment and stores. */
  readonly base: Partial<ForRoot>;
  readonly imports: readonly DynamicModule[];
  readonly controllers: NonNullable<DynamicModule['controllers']>;
  readonly limits: Limits;
  /** Whether answers carry `RateLimit-Policy` and `RateLimit`. */
  readonly headers: boolean;
  readonly algorithm: 'ES256' | 'RS256';
}

/** Everything is on as it is by default, only that nobody runs into a limit. */
export const guardedApp = ({ limits, headers, ...settings }: GuardedSettings): DynamicModule => ({
  module: BenchModule,
  imports: [
    ...settings.imports,
    SallyportModule.forRoot({
      issuer: OWN_ISSUER,
      audience: AUDIENCE,
      roles: { viewer: ['invoices:read'], editor: ['viewer', 'invoices:write'] },
      throttling: { address: plenty, client: quota, user: quota, mode: limits, headers },
      signingKeys: { algorithm: settings.algorithm },
      ...settings.base,
    }),
  ],
  controllers: settings.controllers,
});

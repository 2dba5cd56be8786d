import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { Controller, Get, type DynamicModule } from '@nestjs/common';
import { BenchModule, InvoicesController, listInvoices } from './handlers.js';

/** The same handler in the same app, without Sallyport. */
export const bareApp = (): DynamicModule => ({
  module: BenchModule,
  controllers: [InvoicesController],
});

/** About as much as a token of ours signs. */
const SIGNED_BYTES = 560;

/** The same app, whose handler checks one ES256 signature: the least that a token seen for the first time can cost. */
export function bareAppThatVerifies(): DynamicModule {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const input = Buffer.alloc(SIGNED_BYTES, 'a');
  const encoding = { dsaEncoding: 'ieee-p1363' } as const;
  const signature = sign('sha256', input, { key: privateKey, ...encoding });
  const key = { key: publicKey, ...encoding };

  @Controller()
  class VerifyingController {
    @Get('invoices')
    list() {
      if (!verify('sha256', input, key, signature)) throw new Error('the signature is wrong');
      return listInvoices();
    }
  }
  return { module: BenchModule, controllers: [VerifyingController] };
}

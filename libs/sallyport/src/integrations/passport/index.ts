import { Module } from '@nestjs/common';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { ApiKeyStrategy } from './api-key.strategy.js';

/** Registers the strategies with Passport; import it beside `SallyportModule`. */
@Module({
  providers: [AccessTokenStrategy, ApiKeyStrategy],
  exports: [AccessTokenStrategy, ApiKeyStrategy],
})
export class SallyportPassportModule {}

export { SallyportAuthGuard } from './sallyport-auth.guard.js';
export { AccessTokenStrategy, ApiKeyStrategy };

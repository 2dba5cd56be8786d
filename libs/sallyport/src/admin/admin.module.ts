import { Module, type DynamicModule } from '@nestjs/common';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { ApiKeyViews } from './api-key-views.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ClientLimitsController } from './client-limits.controller.js';
import { PlansController } from './plans.controller.js';
import { RevocationsController } from './revocations.controller.js';
import { RoleGrantsController } from './role-grants.controller.js';
import { UsageController } from './usage/usage.controller.js';

/** Administration over HTTP under `/admin`, behind an app's API key with the scope `sallyport:admin`. */
@Module({})
export class AdminModule {
  static forRoot(options: AdminOptions = {}): DynamicModule {
    return {
      module: AdminModule,
      controllers: [
        ApiKeysController,
        RevocationsController,
        RoleGrantsController,
        UsageController,
        PlansController,
        ClientLimitsController,
      ],
      providers: [ApiKeyViews, { provide: ADMIN_OPTIONS, useValue: options }],
    };
  }
}

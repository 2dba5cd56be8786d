import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { UsersModule } from '../users/users.module.js';
import { ClientSeed } from './client-seed.js';
import { DemoSeed } from './demo-seed.js';
import { UserSeed } from './user-seed.js';

/** Imported in development only. */
@Module({
  imports: [InvoicesModule, UsersModule],
  providers: [DemoSeed, ClientSeed, UserSeed],
})
export class SeedModule {}

import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { UsersModule } from '../users/users.module.js';
import { DemoSeed } from './demo-seed.js';

/** Imported in development only. */
@Module({ imports: [InvoicesModule, UsersModule], providers: [DemoSeed] })
export class SeedModule {}

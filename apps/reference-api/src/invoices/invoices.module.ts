import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { InvoiceEntity } from './invoice.entity.js';
import { InvoicePolicy } from './invoice.policy.js';
import { InvoicesController } from './invoices.controller.js';
import { PartnerInvoicesController } from './partner-invoices.controller.js';
import { InvoicesService } from './invoices.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([InvoiceEntity]), UsersModule],
  controllers: [InvoicesController, PartnerInvoicesController],
  providers: [InvoicesService, InvoicePolicy],
  exports: [InvoicesService],
})
export class InvoicesModule {}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { InvoiceEntity } from '../invoices/invoice.entity.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([InvoiceEntity])],
  controllers: [ReportsController],
  providers: [ReportsService],
})
export class ReportsModule {}

import { Controller, Get, Module } from '@nestjs/common';
import { ApiKey, Roles, Scopes } from '../../../libs/sallyport/src/index.js';
import { ROLE } from './names.js';

/** What all handlers answer; what is in front of them is what is measured. */
export const listInvoices = () => ({
  invoices: [{ id: '0198c5d2-7e2b-7d32-9d57-0d7a0a4d1c11', amountCents: 12_900 }],
});

/** Demands, which only Sallyport reads: a bare app runs the same handler without them. */
@Controller()
export class InvoicesController {
  @Get('invoices')
  @Scopes('invoices:read')
  @Roles(ROLE)
  list() {
    return listInvoices();
  }
}

@Controller()
export class InvoicesOfClientsController {
  @Get('invoices')
  @ApiKey()
  @Scopes('invoices:read')
  list() {
    return listInvoices();
  }
}

@Module({})
export class BenchModule {}

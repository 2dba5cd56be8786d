import { Body, Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import {
  ApiKey,
  ClientOnly,
  CurrentCaller,
  SallyportError,
  Scopes,
  SignedRequest,
  type Caller,
} from '@sallyport/nest';
import { nameOf } from '../caller-name.js';
import { InvoiceEntity } from './invoice.entity.js';
import { CreateInvoice } from './invoice.requests.js';
import { InvoicesService } from './invoices.service.js';

/** What partners send in: signed, so that no key travels and nobody on the way can change or repeat an invoice. */
@ApiTags('invoices')
@Controller('v1/partner/invoices')
export class PartnerInvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  @Post()
  @ApiCreatedResponse({ type: InvoiceEntity })
  @SignedRequest()
  @ApiKey()
  @ClientOnly()
  @Scopes('invoices:write')
  create(@Body() body: CreateInvoice, @CurrentCaller() caller: Caller): Promise<InvoiceEntity> {
    const { number = null, department, amountCents, currency } = body;
    if (department === undefined) {
      throw new SallyportError('ERR_INPUT_INVALID', { detail: 'department is missing' });
    }
    return this.invoices.create({
      number,
      department,
      amountCents,
      currency,
      createdBy: nameOf(caller),
    });
  }
}

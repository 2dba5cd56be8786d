import { Body, Controller, Post } from '@nestjs/common';
import { ApiConsumes, ApiCreatedResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import {
  ApiKey,
  ClientOnly,
  CurrentCaller,
  EncryptedBody,
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

  /** The same for what nobody between the partner and this app may read, not even the proxy that ends TLS. */
  @Post('encrypted')
  @ApiConsumes('application/jose')
  @ApiProduces('application/jose')
  @ApiCreatedResponse({ type: InvoiceEntity })
  @SignedRequest()
  @EncryptedBody()
  @ApiKey()
  @ClientOnly()
  @Scopes('invoices:write')
  createEncrypted(
    @Body() body: CreateInvoice,
    @CurrentCaller() caller: Caller,
  ): Promise<InvoiceEntity> {
    return this.create(body, caller);
  }
}

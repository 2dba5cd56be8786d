import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
} from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  ApiKey,
  CurrentCaller,
  CurrentPolicy,
  RequireUser,
  Roles,
  SallyportError,
  Scopes,
  SenderConstrained,
  UsePolicy,
  type BoundPolicy,
  type Caller,
} from '@sallyport/nest';
import { nameOf } from '../caller-name.js';
import { InvoicePage } from './invoice-page.js';
import { InvoiceEntity } from './invoice.entity.js';
import { InvoicePolicy, type InvoiceFilter } from './invoice.policy.js';
import { CreateInvoice, ListInvoices } from './invoice.requests.js';
import { InvoicesService } from './invoices.service.js';

type Policy = BoundPolicy<InvoiceEntity, InvoiceFilter>;

const invoiceId = new ParseUUIDPipe({
  exceptionFactory: () =>
    new SallyportError('ERR_INPUT_INVALID', { detail: 'The id of an invoice is a UUID.' }),
});

@ApiTags('invoices')
@Controller('v1/invoices')
export class InvoicesController {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly policy: InvoicePolicy,
  ) {}

  @Get()
  @ApiOkResponse({ type: InvoicePage })
  @Scopes('invoices:read')
  @UsePolicy(InvoicePolicy)
  async list(@Query() query: ListInvoices, @CurrentPolicy() policy: Policy): Promise<InvoicePage> {
    const { page, pageSize } = query;
    const [items, total] = await this.invoices.list(policy.where(), query);
    return { items, page, pageSize, total };
  }

  @Get(':id')
  @ApiOkResponse({ type: InvoiceEntity })
  @Scopes('invoices:read')
  @UsePolicy(InvoicePolicy)
  async get(
    @Param('id', invoiceId) id: string,
    @CurrentPolicy() policy: Policy,
  ): Promise<InvoiceEntity> {
    return policy.check(await this.invoices.find(id));
  }

  @Post()
  @ApiCreatedResponse({ type: InvoiceEntity })
  @Scopes('invoices:write')
  @Roles('editor', { whenUser: true })
  create(@Body() body: CreateInvoice, @CurrentCaller() caller: Caller): Promise<InvoiceEntity> {
    const department = body.department ?? this.policy.departmentOf(caller);
    if (department === null) {
      throw new SallyportError('ERR_INPUT_INVALID', { detail: 'department is missing' });
    }
    // 403 and not 404: the department is the caller's own word, so nothing is given away.
    if (!this.policy.check(caller, { department })) {
      throw new SallyportError('ERR_POLICY_DENIED', {
        detail: 'A user writes invoices of their own department only.',
      });
    }
    const { number = null, amountCents, currency } = body;
    return this.invoices.create({
      number,
      department,
      amountCents,
      currency,
      createdBy: nameOf(caller),
    });
  }

  /** What cannot be undone takes proof of possession: a stolen token is worth nothing here. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  @SenderConstrained()
  @RequireUser()
  @Scopes('invoices:write')
  @Roles('editor')
  @UsePolicy(InvoicePolicy)
  async remove(@Param('id', invoiceId) id: string, @CurrentPolicy() policy: Policy): Promise<void> {
    const invoice = policy.check(await this.invoices.find(id));
    await this.invoices.remove(invoice.id);
  }

  /** Both gates as two credentials: the back office's own API key, and its user's token. */
  @Post(':id/approve')
  @HttpCode(200)
  @ApiOkResponse({ type: InvoiceEntity })
  @ApiKey()
  @RequireUser()
  @Scopes('invoices:approve')
  @Roles('admin')
  @UsePolicy(InvoicePolicy)
  async approve(
    @Param('id', invoiceId) id: string,
    @CurrentPolicy() policy: Policy,
  ): Promise<InvoiceEntity> {
    const invoice = policy.check(await this.invoices.find(id));
    return this.invoices.approve(invoice.id);
  }
}

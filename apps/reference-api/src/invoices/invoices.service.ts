import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { SallyportError } from '@sallyport/nest';
import { Repository } from 'typeorm';
import { InvoiceEntity } from './invoice.entity.js';
import type { InvoiceFilter } from './invoice.policy.js';
import type { ListInvoices } from './invoice.requests.js';

export interface NewInvoice {
  /** Null takes the next free number. */
  readonly number: string | null;
  readonly department: string;
  readonly amountCents: number;
  readonly currency: string;
  readonly createdBy: string;
}

@Injectable()
export class InvoicesService {
  constructor(
    @InjectRepository(InvoiceEntity) private readonly invoices: Repository<InvoiceEntity>,
  ) {}

  /** Newest first, with the number of all that match. */
  list(where: InvoiceFilter, { page, pageSize }: ListInvoices): Promise<[InvoiceEntity[], number]> {
    return this.invoices.findAndCount({
      where,
      order: { createdAt: 'DESC', id: 'DESC' },
      skip: (page - 1) * pageSize,
      take: pageSize,
    });
  }

  find(id: string): Promise<InvoiceEntity | null> {
    return this.invoices.findOneBy({ id });
  }

  /** Throws ERR_CONFLICT when the department has that number already. */
  async create(invoice: NewInvoice): Promise<InvoiceEntity> {
    const { number, department, amountCents, currency, createdBy } = invoice;
    const rows = await this.invoices.query<{ id: string }[]>(
      `INSERT INTO invoices (number, department, amount_cents, currency, created_by)
       VALUES (coalesce($1, 'INV-' || lpad(nextval('invoice_numbers')::text, 6, '0')), $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING id`,
      [number, department, amountCents, currency, createdBy],
    );
    const [row] = rows;
    if (row === undefined) {
      throw new SallyportError('ERR_CONFLICT', { detail: 'The number is taken.' });
    }
    return this.invoices.findOneByOrFail({ id: row.id });
  }

  /** Drafts only: throws ERR_CONFLICT for one that was approved, also at the same time. */
  async remove(id: string): Promise<void> {
    const { affected } = await this.invoices.delete({ id, status: 'draft' });
    if (affected !== 1) {
      throw new SallyportError('ERR_CONFLICT', { detail: 'The invoice is not a draft any more.' });
    }
  }

  /** One conditional statement: of two at once, one approves and the other gets ERR_CONFLICT. */
  async approve(id: string): Promise<InvoiceEntity> {
    const { affected } = await this.invoices.update(
      { id, status: 'draft' },
      { status: 'approved' },
    );
    if (affected !== 1) {
      throw new SallyportError('ERR_CONFLICT', { detail: 'The invoice is not a draft any more.' });
    }
    return this.invoices.findOneByOrFail({ id });
  }
}

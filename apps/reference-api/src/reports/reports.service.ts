import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InvoiceEntity } from '../invoices/invoice.entity.js';
import type { DailyReport, DailyTotal } from './daily-report.js';

/** PostgreSQL's sum of integers is a bigint, which `pg` gives as text. */
type Row = Omit<DailyTotal, 'amountCents'> & { readonly amountCents: string };

@Injectable()
export class ReportsService {
  constructor(
    @InjectRepository(InvoiceEntity) private readonly invoices: Repository<InvoiceEntity>,
  ) {}

  /** The invoices made on one day, UTC, by department and currency. Null is today. */
  async daily(date: string | null): Promise<DailyReport> {
    const day = date ?? new Date().toISOString().slice(0, 10);
    const rows = await this.invoices.query<Row[]>(
      `SELECT department, currency, count(*)::int AS invoices,
              (count(*) FILTER (WHERE status = 'approved'))::int AS approved,
              sum(amount_cents) AS "amountCents"
         FROM invoices
        WHERE created_at >= $1::date::timestamp AT TIME ZONE 'UTC'
          AND created_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY department, currency ORDER BY department, currency`,
      [day],
    );
    return {
      date: day,
      totals: rows.map((row) => ({ ...row, amountCents: Number(row.amountCents) })),
    };
  }
}

import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

export const INVOICE_STATUSES = ['draft', 'approved'] as const;

export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

@Entity({ name: 'invoices' })
@Unique('invoices_number', ['department', 'number'])
@Index('invoices_newest', ['createdAt', 'id'])
export class InvoiceEntity {
  @ApiProperty({ format: 'uuid' })
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  /** Unique within its department. */
  @ApiProperty()
  @Column('text')
  number!: string;

  @ApiProperty()
  @Column('text')
  department!: string;

  @ApiProperty({ type: 'integer' })
  @Column('integer', { name: 'amount_cents' })
  amountCents!: number;

  /** ISO 4217. */
  @ApiProperty()
  @Column('text')
  currency!: string;

  @ApiProperty({ enum: INVOICE_STATUSES })
  @Column('text', { default: 'draft' })
  status!: InvoiceStatus;

  /** `user:<sub>@<client_id>` or `client:<client_id>`. */
  @ApiProperty()
  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;
}

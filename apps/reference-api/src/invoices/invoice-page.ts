import { ApiProperty } from '@nestjs/swagger';
import { InvoiceEntity } from './invoice.entity.js';

export class InvoicePage {
  @ApiProperty({ type: [InvoiceEntity] })
  items!: InvoiceEntity[];

  @ApiProperty({ type: 'integer' })
  page!: number;

  @ApiProperty({ type: 'integer' })
  pageSize!: number;

  /** Of all pages. */
  @ApiProperty({ type: 'integer' })
  total!: number;
}

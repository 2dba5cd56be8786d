import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsISO4217CurrencyCode, IsOptional, Matches, Max, Min } from 'class-validator';

const DEPARTMENT = /^[\p{L}\p{N}][\p{L}\p{N} &-]{0,39}$/u;

export class ListInvoices {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 10_000, default: 1 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(10_000)
  page = 1;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  pageSize = 20;
}

export class CreateInvoice {
  @ApiPropertyOptional({ description: 'Default: the next free number.' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9/_-]{0,39}$/)
  number?: string;

  @ApiPropertyOptional({ description: "Default: the user's own. Demanded of an app without user." })
  @IsOptional()
  @Matches(DEPARTMENT)
  department?: string;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 2_000_000_000 })
  @IsInt()
  @Min(1)
  @Max(2_000_000_000)
  amountCents!: number;

  @ApiProperty({ description: 'ISO 4217', example: 'EUR' })
  @IsISO4217CurrencyCode()
  currency!: string;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsInt,
  IsISO4217CurrencyCode,
  IsOptional,
  IsUppercase,
  Matches,
  Max,
  Min,
} from 'class-validator';

const DEPARTMENT = /^[\p{L}\p{N}][\p{L}\p{N} &-]{0,39}$/u;

export class ListInvoices {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 10_000, default: 1 })
  @Transform(({ value }) => wholeNumber(value))
  @IsInt()
  @Min(1)
  @Max(10_000)
  page = 1;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @Transform(({ value }) => wholeNumber(value))
  @IsInt()
  @Min(1)
  @Max(100)
  pageSize = 20;
}

export class CreateInvoice {
  @ApiPropertyOptional({ description: 'Default: the next free number.' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9/_-]{0,39}$/, {
    message: 'number must be 1 to 40 letters, digits, slashes, hyphens or underscores',
  })
  number?: string;

  @ApiPropertyOptional({ description: "Default: the user's own. Demanded of an app without user." })
  @IsOptional()
  @Matches(DEPARTMENT, { message: 'department must be a name of 1 to 40 characters' })
  department?: string;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 2_000_000_000 })
  @IsInt()
  @Min(1)
  @Max(2_000_000_000)
  amountCents!: number;

  @ApiProperty({ description: 'ISO 4217', example: 'EUR' })
  @IsISO4217CurrencyCode()
  @IsUppercase() // the rule above ignores case, the standard does not
  currency!: string;
}

/** Digits only, so that `1e2`, `0x10` and ` 1` are refused and not read in some way. */
const wholeNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value;

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsISO8601, IsOptional, Matches } from 'class-validator';

export class DailyReportQuery {
  @ApiPropertyOptional({ description: 'UTC. Default: today.', example: '2026-01-31' })
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'date must be written like 2026-01-31' })
  @IsISO8601({ strict: true })
  date?: string;
}

export class DailyTotal {
  @ApiProperty()
  department!: string;

  @ApiProperty()
  currency!: string;

  @ApiProperty({ type: 'integer' })
  invoices!: number;

  @ApiProperty({ type: 'integer' })
  approved!: number;

  @ApiProperty({ type: 'integer' })
  amountCents!: number;
}

export class DailyReport {
  @ApiProperty()
  date!: string;

  @ApiProperty({ type: [DailyTotal] })
  totals!: DailyTotal[];
}

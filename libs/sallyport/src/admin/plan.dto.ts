import { Transform, Type } from 'class-transformer';
import {
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent, ReasonDto } from './admin.dto.js';

export class RateLimitRuleDto {
  @IsInt()
  @Min(0)
  readonly limit!: number;

  @IsNumber()
  readonly windowSeconds!: number;

  @MayBeAbsent()
  @IsInt()
  @Min(1)
  readonly burst?: number;
}

/** What is absent is as in the options, and of one client as in its plan; null takes a limit away. */
export class QuotaDto extends ReasonDto {
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => RateLimitRuleDto)
  readonly reads?: RateLimitRuleDto;

  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => RateLimitRuleDto)
  readonly writes?: RateLimitRuleDto;

  @IsOptional()
  @IsInt()
  @Min(0)
  readonly perDay?: number | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  readonly perMonth?: number | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  readonly concurrency?: number | null;
}

export class ListPlansDto {
  @MayBeAbsent()
  @Transform(({ value }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value as unknown),
  )
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 50;

  /** Name of the last plan of the page before. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  readonly after?: string;
}

import { Transform } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { GRANULARITIES, type Granularity } from '../../usage/usage.js';

/** Unlike IsOptional lets no null through: a field is given, or it is not there. */
const MayBeAbsent = (): PropertyDecorator =>
  ValidateIf((_object, value: unknown) => value !== undefined);

/** RFC 3339 §5.6; whether there is such a day is found when it is read. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
const instant = {
  message:
    '$property must be an instant of RFC 3339, such as 2030-01-31T23:00:00Z (a + is written %2B)',
};

/** Digits only: `1e2`, ` 5` and `0x5` stay what they are and are refused. */
const wholeNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

/** Which calls: all filters must match; an empty one matches calls that have none. */
export class UsageRangeDto {
  @IsString()
  @Matches(INSTANT, instant)
  readonly from!: string;

  @IsString()
  @Matches(INSTANT, instant)
  readonly to!: string;

  @MayBeAbsent()
  @IsIn(GRANULARITIES)
  readonly granularity: Granularity = 'hour';

  /** Names of groups, separated by commas. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  readonly groupBy?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  readonly clientId?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  readonly apiKeyId?: string;

  /** Subject of a user. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(256)
  readonly sub?: string;

  /** Issuer of that subject. @default the one configured for administration */
  @MayBeAbsent()
  @IsString()
  @Length(1, 256)
  readonly iss?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(256)
  readonly route?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(32)
  readonly method?: string;

  @MayBeAbsent()
  @Transform(wholeNumber)
  @IsInt()
  @Min(0)
  @Max(999)
  readonly status?: number;

  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  readonly refusal?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  readonly address?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(7)
  readonly country?: string;

  @MayBeAbsent()
  @IsString()
  @MaxLength(128)
  readonly userAgent?: string;
}

export class UsageQueryDto extends UsageRangeDto {
  @MayBeAbsent()
  @Transform(wholeNumber)
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly limit: number = 100;

  /** `next` of the page before. */
  @MayBeAbsent()
  @IsString()
  @Matches(/^[\w-]{1,4096}$/)
  readonly after?: string;
}

export class UsageExportDto extends UsageRangeDto {
  @MayBeAbsent()
  @IsIn(['csv', 'jsonl'])
  readonly format: 'csv' | 'jsonl' = 'csv';
}

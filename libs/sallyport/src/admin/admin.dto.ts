import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { RevocationKind } from '../revocation/revocation.js';

const IDENTIFIER = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
const identifier = { message: '$property must be 1 to 256 characters, none of them control characters' };

export class ReasonDto {
  /** Why; kept in the record of changes. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  readonly reason?: string;
}

export class UserDto {
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly sub!: string;

  /** Issuer of that subject. @default the one configured for administration */
  @IsOptional()
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly iss?: string;
}

export class IssueApiKeyDto extends ReasonDto {
  @IsString()
  @Length(1, 64)
  readonly clientId!: string;

  @IsString()
  @Length(1, 100)
  readonly name!: string;

  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  readonly scope?: string[];

  @IsOptional()
  @IsIn(['read', 'write', 'admin'])
  readonly preset?: 'read' | 'write' | 'admin';

  /** Makes it this user's personal key. */
  @IsOptional()
  @ValidateNested()
  @Type(() => UserDto)
  readonly user?: UserDto;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  readonly addressRanges?: string[];

  @IsOptional()
  @IsInt()
  @Min(1)
  readonly lifetimeSeconds?: number;

  @IsOptional()
  @IsBoolean()
  readonly signedOnly?: boolean;
}

export class ListApiKeysDto {
  @IsString()
  @Length(1, 64)
  readonly clientId!: string;

  @IsOptional()
  @Transform(({ value }) => wholeNumber(value))
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 50;

  /** Id of the last key of the page before. */
  @IsOptional()
  @Matches(/^[0-9A-Za-z]{16}$/)
  readonly after?: string;
}

export class RotateApiKeyDto extends ReasonDto {
  /** How long the old key goes on. @default 86400 */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(30 * 86_400)
  readonly overlapSeconds?: number;
}

export const REVOCABLE_KINDS: readonly RevocationKind[] = [
  'token',
  'session',
  'grant',
  'user',
  'user-client',
  'client',
  'api-key',
  'client-secret',
  'signing-key',
];

export class RevokeDto extends ReasonDto {
  @IsIn(REVOCABLE_KINDS)
  readonly kind!: RevocationKind;

  /** `jti`, session id, grant id, subject, client id, API key id, client secret id or `kid`. */
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly id!: string;

  /** Issuer of a token, session, grant, user or signing key. @default the one configured for administration */
  @IsOptional()
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly iss?: string;

  /** For `user-client`: in which client. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly clientId?: string;
}

export class RoleGrantDto extends UserDto {
  /** In which client; null or absent is in any. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly clientId?: string | null;

  @IsString()
  @Length(1, 64)
  readonly role!: string;

  @IsOptional()
  @IsString()
  @MaxLength(500)
  readonly reason?: string;
}

/** Query values are text: digits only, so that `1e2`, ` 5` and `0x5` stay what they are and are refused. */
const wholeNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

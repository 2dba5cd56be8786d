import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import type { RevocationTarget } from '../revocation/revocation.js';

/** Unlike IsOptional lets no null through: a field is given, or it is not there. */
export const MayBeAbsent = (): PropertyDecorator =>
  ValidateIf((_object, value: unknown) => value !== undefined);

const IDENTIFIER = /^[^\p{Cc}\p{Cs}]{1,256}$/u;
const identifier = {
  message: '$property must be 1 to 256 characters, none of them control characters',
};

const REASON = /^[^\p{Cc}\p{Cs}]{1,500}$/u;
const reason = {
  message: '$property must be 1 to 500 characters, none of them control characters',
};

export class ReasonDto {
  /** Why; kept in the record of changes. */
  @MayBeAbsent()
  @IsString()
  @Matches(REASON, reason)
  readonly reason?: string;
}

export class UserDto {
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly sub!: string;

  /** Issuer of that subject. @default the one configured for administration */
  @MayBeAbsent()
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

  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  readonly scope?: string[];

  @MayBeAbsent()
  @IsIn(['read', 'write', 'admin'])
  readonly preset?: 'read' | 'write' | 'admin';

  /** Makes it this user's personal key. */
  @MayBeAbsent()
  @IsObject() // ValidateNested lets a list of users through, and an empty one
  @ValidateNested()
  @Type(() => UserDto)
  readonly user?: UserDto;

  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  readonly addressRanges?: string[];

  @MayBeAbsent()
  @IsInt()
  @Min(1)
  readonly lifetimeSeconds?: number;

  @MayBeAbsent()
  @IsBoolean()
  readonly signing?: boolean;

  @MayBeAbsent()
  @IsBoolean()
  readonly signedOnly?: boolean;
}

export class ListApiKeysDto {
  @IsString()
  @Length(1, 64)
  readonly clientId!: string;

  @MayBeAbsent()
  @Transform(({ value }) => wholeNumber(value))
  @IsInt()
  @Min(1)
  @Max(100)
  readonly limit: number = 50;

  /** Id of the last key of the page before. */
  @MayBeAbsent()
  @Matches(/^[0-9A-Za-z]{16}$/)
  readonly after?: string;
}

export class RotateApiKeyDto extends ReasonDto {
  /** How long the old key goes on. @default 86400 */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(30 * 86_400)
  readonly overlapSeconds?: number;
}

/** A key that others encrypt to is no target of the list: it signs nothing, and is gone with its record. */
type RevocableKind = RevocationTarget['kind'] | 'encryption-key';

export const REVOCABLE_KINDS: readonly RevocableKind[] = [
  'token',
  'session',
  'grant',
  'user',
  'user-client',
  'client',
  'api-key',
  'client-secret',
  'signing-key',
  'encryption-key',
  'issuer',
];

export class RevokeDto extends ReasonDto {
  @IsIn(REVOCABLE_KINDS)
  readonly kind!: RevocableKind;

  /** `jti`, session id, grant id, subject, client id, API key id, client secret id, `kid` or issuer. */
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly id!: string;

  /** Issuer of a token, session, grant, user or signing key. @default the one configured for administration */
  @MayBeAbsent()
  @IsString()
  @Matches(IDENTIFIER, identifier)
  readonly iss?: string;

  /** For `user-client`: in which client. */
  @MayBeAbsent()
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

  @MayBeAbsent()
  @IsString()
  @Matches(REASON, reason)
  readonly reason?: string;
}

/** Query values are text: digits only, so that `1e2`, ` 5` and `0x5` stay what they are and are refused. */
const wholeNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiNoContentResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  CurrentCaller,
  CurrentUser,
  RateLimit,
  RequireUser,
  type Caller,
  type UserPrincipal,
} from '@sallyport/nest';
import { IsString, Length, MaxLength } from 'class-validator';
import { nameOf } from '../caller-name.js';
import { ChangePassword } from '../users/change-password.js';
import { FirstPartyOnlyGuard } from './first-party-only.guard.js';

export class NewPassword {
  @ApiProperty({ maxLength: 1024 })
  @IsString()
  @MaxLength(1024)
  currentPassword!: string;

  @ApiProperty({ minLength: 12, maxLength: 128 })
  @IsString()
  @Length(12, 128)
  newPassword!: string;
}

@ApiTags('me')
@RequireUser()
@UseGuards(FirstPartyOnlyGuard)
@Controller('v1/me/password')
export class PasswordController {
  constructor(private readonly passwords: ChangePassword) {}

  /** Ends every session, token and personal API key of the user, the one that asks too. */
  @Post()
  @HttpCode(204)
  @ApiNoContentResponse()
  @RateLimit({ limit: 5, windowSeconds: 60 })
  async change(
    @Body() body: NewPassword,
    @CurrentUser() user: UserPrincipal,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.passwords.change(user, body, { actor: nameOf(caller), reason: 'password changed' });
  }
}

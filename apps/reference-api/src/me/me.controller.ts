import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  CurrentCaller,
  CurrentUser,
  RequireUser,
  type Caller,
  type UserPrincipal,
} from '@sallyport/nest';
import { AppUserDirectory } from '../users/user-directory.js';

export interface Me {
  readonly sub: string;
  readonly username: string | null;
  readonly department: string | null;
  /** The app that asks, and what this user may do in it. */
  readonly clientId: string;
  readonly roles: readonly string[];
  readonly scope: readonly string[];
}

@ApiTags('me')
@Controller('v1/me')
export class MeController {
  constructor(private readonly directory: AppUserDirectory) {}

  @Get()
  @RequireUser()
  me(@CurrentUser() user: UserPrincipal, @CurrentCaller() { client, roles, scope }: Caller): Me {
    const known = this.directory.find(user);
    return {
      sub: user.subject,
      username: known?.username ?? null,
      department: known?.department ?? null,
      clientId: client.clientId,
      roles: [...roles].sort(),
      scope: [...scope].sort(),
    };
  }
}

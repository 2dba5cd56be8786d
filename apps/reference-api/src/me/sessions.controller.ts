import { Body, Controller, Delete, Get, HttpCode, Param, Patch, UseGuards } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  CurrentCaller,
  CurrentUser,
  RequireUser,
  SallyportError,
  SessionService,
  type Caller,
  type UserPrincipal,
} from '@sallyport/nest';
import { nameOf } from '../caller-name.js';
import { FirstPartyOnlyGuard } from './first-party-only.guard.js';
import { RenameSession, SessionView, viewOf } from './session-view.js';

/** Where the user is signed in. What is another user's is not there. */
@ApiTags('me')
@RequireUser()
@UseGuards(FirstPartyOnlyGuard)
@Controller('v1/me/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionService) {}

  @Get()
  @ApiOkResponse({ type: [SessionView] })
  async list(@CurrentUser() user: UserPrincipal): Promise<SessionView[]> {
    const sessions = await this.sessions.list(user);
    return sessions.map((session) => viewOf(session, user.sessionId));
  }

  @Patch(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async rename(
    @Param('id') id: string,
    @Body() { deviceName }: RenameSession,
    @CurrentUser() user: UserPrincipal,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.sessions.rename(user, id, deviceName, { actor: nameOf(caller) });
  }

  /** Its tokens die with it, and its browser has to sign in again. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async end(
    @Param('id') id: string,
    @CurrentUser() user: UserPrincipal,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.sessions.end(user, id, { actor: nameOf(caller) });
  }

  /** All but the one that asks. */
  @Delete()
  @HttpCode(204)
  @ApiNoContentResponse()
  async endOthers(
    @CurrentUser() user: UserPrincipal,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    if (user.sessionId === null) {
      throw new SallyportError('ERR_POLICY_DENIED', {
        detail: 'Only a session can end the others: sign in and use its access token.',
      });
    }
    await this.sessions.endOthers(user, user.sessionId, { actor: nameOf(caller) });
  }
}

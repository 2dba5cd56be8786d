import { Controller, Delete, Get, HttpCode, Param, UseGuards } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  ConsentService,
  CurrentCaller,
  CurrentUser,
  RequireUser,
  SallyportError,
  type Caller,
  type UserPrincipal,
} from '@sallyport/nest';
import { nameOf } from '../caller-name.js';
import { FirstPartyOnlyGuard } from './first-party-only.guard.js';

/** What the user allowed an app of somebody else. */
export class ConsentView {
  @ApiProperty()
  clientId!: string;

  @ApiProperty({ type: [String] })
  scope!: readonly string[];

  @ApiProperty({ type: String, format: 'date-time' })
  grantedAt!: Date;
}

@ApiTags('me')
@RequireUser()
@UseGuards(FirstPartyOnlyGuard)
@Controller('v1/me/consents')
export class ConsentsController {
  constructor(private readonly consents: ConsentService) {}

  @Get()
  @ApiOkResponse({ type: [ConsentView] })
  async list(@CurrentUser() user: UserPrincipal): Promise<ConsentView[]> {
    const consents = await this.consents.list(user);
    return consents.map(({ clientId, scope, grantedAt }) => ({ clientId, scope, grantedAt }));
  }

  /** Ends what the app has of the user, and has it ask again. */
  @Delete(':clientId')
  @HttpCode(204)
  @ApiNoContentResponse()
  async withdraw(
    @Param('clientId') clientId: string,
    @CurrentUser() user: UserPrincipal,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    const isWithdrawn = await this.consents.withdraw(user, clientId, { actor: nameOf(caller) });
    if (!isWithdrawn) throw new SallyportError('ERR_NOT_FOUND');
  }
}

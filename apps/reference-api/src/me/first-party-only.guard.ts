import { Injectable, type CanActivate } from '@nestjs/common';
import { CallerContext, SallyportError } from '@sallyport/nest';

/** Where users are signed in, and with what password, is no business of somebody else's app that acts for them. */
@Injectable()
export class FirstPartyOnlyGuard implements CanActivate {
  canActivate(): boolean {
    if (CallerContext.current()?.client.isThirdParty === false) return true;
    throw new SallyportError('ERR_POLICY_DENIED', {
      reason: 'a third-party client may not manage the account of its user',
      detail: 'Only apps of our own may do this.',
    });
  }
}

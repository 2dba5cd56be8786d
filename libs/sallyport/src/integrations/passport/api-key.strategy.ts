import { Injectable } from '@nestjs/common';
import passport from 'passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { Authenticator } from '../../credentials/authenticator.js';
import { SallyportError } from '../../errors.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { callerOf } from './caller-of.js';
import { STRATEGIES } from './strategies.js';

/** passport-headerapikey over the core: `X-API-Key` must be there, and the request as a whole must be good. */
@Injectable()
export class ApiKeyStrategy extends HeaderAPIKeyStrategy {
  constructor(authenticator: Authenticator) {
    super(
      { header: 'X-API-Key', prefix: '' },
      true,
      (_text: string, done: (error: Error | null, user?: object) => void, request?: unknown) => {
        callerOf(request as AdapterRequest, authenticator).then(
          (caller) => {
            done(null, caller);
          },
          (error: unknown) => {
            done(error instanceof Error ? error : new SallyportError('ERR_CREDENTIAL_UNKNOWN'));
          },
        );
      },
    );
    passport.use(STRATEGIES['api-key'], this);
  }
}

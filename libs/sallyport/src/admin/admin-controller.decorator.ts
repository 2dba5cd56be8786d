import { applyDecorators, Controller, UsePipes } from '@nestjs/common';
import { AlwaysEnforced } from '../policy/enforcement.js';
import { ApiKey, ClientOnly, Scopes } from '../policy/demands.decorator.js';
import { AdminInputPipe } from './admin-input.pipe.js';
import { ADMIN_SCOPE } from './admin.options.js';

/**
 * A controller of administration: an app's own key with the admin scope, acting for no user, so that the record of
 * changes names who it was. Never merely reported.
 */
export const AdminController = (path: string): ClassDecorator =>
  applyDecorators(
    Controller(`admin/${path}`),
    ApiKey(),
    ClientOnly(),
    Scopes(ADMIN_SCOPE),
    AlwaysEnforced(),
    UsePipes(new AdminInputPipe()),
  );

import { applyDecorators, Controller, UsePipes, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { invalidInput } from '../input.js';
import { AlwaysEnforced } from '../policy/enforcement.js';
import { ApiKey, Scopes } from '../policy/demands.decorator.js';
import { ADMIN_SCOPE } from './admin.options.js';

/** A controller of administration: an app's own key with the admin scope, never merely reported; unknown fields are refused. */
export const AdminController = (path: string): ClassDecorator =>
  applyDecorators(
    Controller(`admin/${path}`),
    ApiKey(),
    Scopes(ADMIN_SCOPE),
    AlwaysEnforced(),
    UsePipes(
      new ValidationPipe({
        whitelist: true,
        forbidNonWhitelisted: true,
        transform: true,
        exceptionFactory: (errors) => invalidInput(sentences(errors).join('; ')),
      }),
    ),
  );

/** Names fields and rules; never the values that were sent. */
const sentences = (errors: readonly ValidationError[]): string[] =>
  errors.flatMap(({ constraints = {}, children = [] }) => [
    ...Object.values(constraints),
    ...sentences(children),
  ]);

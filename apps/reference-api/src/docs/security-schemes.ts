import { applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

export const API_KEY = 'apiKey';
export const USER_TOKEN = 'bearer';

type SecurityDecorator = MethodDecorator & ClassDecorator;

/** Documents that an API key or an access token is enough. */
export const EitherCredential = (): SecurityDecorator =>
  applyDecorators(ApiSecurity(API_KEY), ApiSecurity(USER_TOKEN));

/** Documents that both an API key and a user's token are demanded. */
export const BothCredentials = (): SecurityDecorator =>
  ApiSecurity({ [API_KEY]: [], [USER_TOKEN]: [] });

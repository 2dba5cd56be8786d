import {
  Controller,
  Get,
  Options,
  Post,
  Req,
  Res,
  UseFilters,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AlwaysEnforced } from '../../policy/enforcement.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { Public } from '../../request/public.decorator.js';
import { RateLimit } from '../../throttling/rate-limit.decorator.js';
import { EngineMount, type EngineResponse } from './engine-mount.js';
import { enginePath } from './engine-path.js';
import { OAuthProblemFilter } from './oauth-problem.filter.js';

const PAGES = ['authorize', 'authorize/:uid', 'logout', 'logout/success'];
const DOCUMENTS = [
  'jwks',
  '.well-known/openid-configuration',
  '.well-known/oauth-authorization-server',
];
const ENDPOINTS = ['token', 'revoke', 'introspect', 'par'];

/**
 * The engine's endpoints, one by one, behind the guards that every request passes: guessing at `/oauth/token` spends
 * the limit of the sender's address. They authenticate clients by themselves. The issuer says where they are, whatever
 * version the host gives its own routes.
 */
@AlwaysEnforced()
@Public()
@UseFilters(OAuthProblemFilter)
@Controller({ path: 'oauth', version: VERSION_NEUTRAL })
export class EngineController {
  constructor(
    private readonly mount: EngineMount,
    private readonly config: ApplicationConfig,
  ) {}

  @Get([...PAGES, ...DOCUMENTS])
  show(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.pass(request, response);
  }

  @Post([...ENDPOINTS, 'logout/confirm'])
  @RateLimit({ policy: 'address', mode: 'exact' })
  answer(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.pass(request, response);
  }

  /** Preflights of browsers (CORS). */
  @Options([...ENDPOINTS, ...DOCUMENTS])
  preflight(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.pass(request, response);
  }

  private pass(request: AdapterRequest, response: EngineResponse): Promise<void> {
    const path = enginePath(rawRequest(request).url ?? '', this.config);
    return this.mount.pass(request, response, path ?? '/');
  }
}

import { Controller, Get, Options, Req, Res, UseFilters, VERSION_NEUTRAL } from '@nestjs/common';
import { AlwaysEnforced } from '../../policy/enforcement.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { Public } from '../../request/public.decorator.js';
import { EngineMount, type EngineResponse } from './engine-mount.js';
import { OAuthProblemFilter } from './oauth-problem.filter.js';

const DOCUMENT = '/.well-known/oauth-authorization-server';

/** RFC 8414 §3.1: for an issuer with a path, the document stands between host and path. */
@AlwaysEnforced()
@Public()
@UseFilters(OAuthProblemFilter)
@Controller({ path: '.well-known/oauth-authorization-server/oauth', version: VERSION_NEUTRAL })
export class MetadataController {
  constructor(private readonly mount: EngineMount) {}

  @Get()
  metadata(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.mount.pass(request, response, DOCUMENT);
  }

  /** Preflights of browsers (CORS). */
  @Options()
  preflight(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.mount.pass(request, response, DOCUMENT);
  }
}

import { Controller, Get, Options, Post, Req, Res } from '@nestjs/common';
import { AlwaysEnforced } from '../../policy/enforcement.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { Public } from '../../request/public.decorator.js';
import { enginePath } from './engine-address.js';
import { EngineMount, type EngineResponse } from './engine-mount.js';

const PAGES = ['authorize', 'authorize/:uid', 'logout', 'logout/success'];
const DOCUMENTS = [
  'jwks',
  '.well-known/openid-configuration',
  '.well-known/oauth-authorization-server',
];
const ENDPOINTS = ['token', 'revoke', 'introspect', 'par'];

/**
 * The engine's endpoints, one by one, behind the guards that every request passes: guessing at `/oauth/token` spends
 * the limit of the sender's address. They authenticate clients by themselves.
 */
@AlwaysEnforced()
@Public()
@Controller('oauth')
export class EngineController {
  constructor(private readonly mount: EngineMount) {}

  @Get([...PAGES, ...DOCUMENTS])
  show(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.pass(request, response);
  }

  @Post([...ENDPOINTS, 'logout/confirm'])
  answer(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.pass(request, response);
  }

  /** Preflights of browsers (CORS). */
  @Options([...ENDPOINTS, ...DOCUMENTS])
  preflight(@Req() request: AdapterRequest, @Res() response: EngineResponse): Promise<void> {
    return this.pass(request, response);
  }

  private pass(request: AdapterRequest, response: EngineResponse): Promise<void> {
    return this.mount.pass(request, response, enginePath(rawRequest(request).url ?? '/'));
  }
}

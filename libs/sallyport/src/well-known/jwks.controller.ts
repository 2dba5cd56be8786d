import { Controller, Get, Header } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { Public } from '../request/public.decorator.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';
import { JWKS_MAX_AGE_SECONDS } from '../signing-keys/signing-key.options.js';

/** Where other services fetch the keys that verify our tokens (RFC 7517). */
@Controller('.well-known')
export class JwksController {
  constructor(private readonly signingKeys: SigningKeyService) {}

  // RFC 7517 §8.5.2.
  @Public()
  @Get('jwks.json')
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS.toString()}`)
  jwks(): Promise<JSONWebKeySet> {
    return this.signingKeys.jwks();
  }
}

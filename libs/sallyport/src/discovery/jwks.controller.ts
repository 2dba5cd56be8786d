import { Controller, Get, Header } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { AlwaysEnforced } from '../policy/enforcement.js';
import { Public } from '../request/public.decorator.js';
import { JWKS_MAX_AGE_SECONDS } from '../signing-keys/signing-key.options.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';

/** Publishes the keys that verify our tokens (RFC 7517 §5). */
@AlwaysEnforced()
@Public()
@Controller('.well-known')
export class JwksController {
  constructor(private readonly signingKeys: SigningKeyService) {}

  @Get('jwks.json')
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS.toString()}`)
  jwks(): Promise<JSONWebKeySet> {
    return this.signingKeys.jwks();
  }
}

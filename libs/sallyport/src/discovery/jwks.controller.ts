import { Controller, Get, Header } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { AlwaysEnforced } from '../policy/enforcement.js';
import { Public } from '../request/public.decorator.js';
import { JWKS_MAX_AGE_SECONDS } from '../key-rotation/rotation.options.js';
import { DecryptionKeys } from '../encryption/decryption-keys.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';

/** Publishes the keys that verify our tokens, and the one to encrypt to where there is one (RFC 7517 §5). */
@AlwaysEnforced()
@Public()
@Controller('.well-known')
export class JwksController {
  constructor(
    private readonly signingKeys: SigningKeyService,
    private readonly decryptionKeys: DecryptionKeys,
  ) {}

  @Get('jwks.json')
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS.toString()}`)
  async jwks(): Promise<JSONWebKeySet> {
    const { keys } = await this.signingKeys.jwks();
    const encryptionKey = await this.decryptionKeys.current();
    return { keys: encryptionKey === null ? keys : [...keys, encryptionKey] };
  }
}

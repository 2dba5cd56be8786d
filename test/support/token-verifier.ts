import {
  resolveAccessTokenOptions,
  type AccessTokenOptions,
} from '../../libs/sallyport/src/credentials/bearer/access-token.options.js';
import { AccessTokenVerifier } from '../../libs/sallyport/src/credentials/bearer/access-token.verifier.js';
import { IssuerKeys } from '../../libs/sallyport/src/credentials/bearer/keys/issuer-keys.js';
import { GivenDecryptionKeys } from '../../libs/sallyport/src/encryption-keys/given-decryption-keys.js';
import type { DecryptionKeys } from '../../libs/sallyport/src/encryption/decryption-keys.js';
import { SallyportError } from '../../libs/sallyport/src/errors.js';
import { OutboundHttp } from '../../libs/sallyport/src/outbound/outbound-http.js';
import type { PublishedKeys } from '../../libs/sallyport/src/signing-keys/published-keys.js';
import { FrozenClock } from '../../libs/sallyport/src/testing/frozen-clock.js';
import { TEST_AUDIENCE, TEST_NOW, type TestIssuer } from './tokens.js';

export interface TestVerifier {
  readonly verifier: AccessTokenVerifier;
  readonly clock: FrozenClock;
  /** The refusal of this token; fails when it is believed. */
  refusalOf(token: string): Promise<SallyportError>;
}

/** The verifier of an API whose own issuer is `own`, at TEST_NOW. */
export function createTestVerifier(
  own: TestIssuer,
  options: Partial<AccessTokenOptions> = {},
  published: PublishedKeys = own.publishedKeys,
  decryptionKeys: DecryptionKeys = new GivenDecryptionKeys([]),
): TestVerifier {
  const mistakes: string[] = [];
  const resolved = resolveAccessTokenOptions(
    { issuer: own.issuer, audience: TEST_AUDIENCE, ...options },
    mistakes,
    true,
  );
  if (mistakes.length > 0) throw new TypeError(mistakes.join('; '));
  const clock = new FrozenClock(TEST_NOW);
  const http = new OutboundHttp({ allowLoopback: true });
  const verifier = new AccessTokenVerifier(
    resolved,
    new IssuerKeys(resolved, published, http, clock),
    clock,
    decryptionKeys,
  );
  return {
    verifier,
    clock,
    async refusalOf(token) {
      try {
        await verifier.verify(token);
      } catch (error) {
        if (error instanceof SallyportError) return error;
        throw error;
      }
      throw new TypeError('the token was believed');
    },
  };
}

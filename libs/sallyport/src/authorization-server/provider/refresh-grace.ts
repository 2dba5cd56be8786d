import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { decodeProtectedHeader, calculateJwkThumbprint } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../clock.js';
import type { ClientCertificates } from '../../credentials/mtls/client-certificates.js';
import { hashSecret } from '../../hashing/secret-hash.js';
import type { Randomness } from '../../randomness.js';

/** The answer of the token endpoint (RFC 6749 §5.1). */
export type TokenResponse = Readonly<Record<string, unknown>> & { readonly expires_in?: number };

/**
 * What a retry must repeat to be told the same: client, scope, resource, the key of its proof (RFC 9449) and the
 * certificate that its tokens are bound to (RFC 8705).
 */
async function bindingOf(
  ctx: KoaContextWithOIDC,
  certificates: ClientCertificates,
): Promise<Buffer> {
  const { params = {}, client } = ctx.oidc;
  const proof = ctx.get('DPoP');
  // The engine has verified the proof by now.
  const { jwk } = proof === '' ? {} : decodeProtectedHeader(proof);
  const jkt = jwk === undefined ? '' : await calculateJwkThumbprint(jwk);
  const resource = [params.resource ?? []].flat();
  const isBound = client?.tlsClientCertificateBoundAccessTokens === true;
  const certificate = isBound ? certificates.thumbprintOf(ctx.req) : null;
  return Buffer.from(
    JSON.stringify([client?.clientId, params.scope ?? '', resource, jkt, certificate]),
  );
}

/**
 * Keeps the answer to a refresh for whoever holds the token that was presented: the key is made of a secret of the
 * server and of that token, so that the database alone does not tell.
 */
export class RefreshGrace {
  constructor(
    private readonly secrets: readonly Buffer[],
    private readonly certificates: ClientCertificates,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** base64url of nonce, tag and ciphertext (AES-256-GCM). */
  async seal(ctx: KoaContextWithOIDC, presented: string, answer: TokenResponse): Promise<string> {
    const [secret] = this.secrets;
    if (secret === undefined) throw new TypeError('RefreshGrace without secrets');
    const nonce = this.randomness.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', keyOf(secret, presented), nonce);
    cipher.setAAD(await bindingOf(ctx, this.certificates));
    const plaintext = JSON.stringify({ at: this.clock.now().getTime(), answer });
    const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
  }

  /** The answer, with what is left of its `expires_in`; null for any other client, scope, resource or key. */
  async open(
    ctx: KoaContextWithOIDC,
    presented: string,
    sealed: string,
  ): Promise<TokenResponse | null> {
    const binding = await bindingOf(ctx, this.certificates);
    for (const secret of this.secrets) {
      const plaintext = decrypt(
        Buffer.from(sealed, 'base64url'),
        keyOf(secret, presented),
        binding,
      );
      if (plaintext === null) continue;
      const { at, answer } = JSON.parse(plaintext) as { at: number; answer: TokenResponse };
      const passedSeconds = Math.floor((this.clock.now().getTime() - at) / 1000);
      return { ...answer, expires_in: Math.max(1, (answer.expires_in ?? 0) - passedSeconds) };
    }
    return null;
  }
}

const keyOf = (secret: Buffer, presented: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, hashSecret(presented), 'refresh grace', 32));

function decrypt(sealed: Buffer, key: Buffer, binding: Buffer): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAAD(binding);
    decipher.setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

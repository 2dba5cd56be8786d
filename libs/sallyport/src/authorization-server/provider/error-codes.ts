import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';

/** Makes refusals of the engine those of RFC 6749 §5.2: where that has a code of its own, and nothing but its members. */
export function correctErrorCodes(provider: Provider): void {
  const correct = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void => {
    if (error instanceof errors.InvalidScope) {
      // Without `scope`: it would send back whatever was sent, of any length.
      ctx.body = { error: error.error, error_description: error.error_description };
    }
    // RFC 9700 §2.6: no client, no origin of its own; the engine names whatever asked.
    if (ctx.oidc.client === undefined) ctx.remove('Access-Control-Allow-Origin');
    if (!(error instanceof errors.InvalidRequest)) return;
    // RFC 9126 §2.3.
    if (isTooLarge(error)) ctx.status = 413;
    if (hasEmptySecret(ctx)) refuseClient(ctx);
    else if (isUnregisteredGrant(ctx)) {
      const description = 'the client is not registered for this grant';
      ctx.body = { error: 'unauthorized_client', error_description: description };
    }
  };
  // The answer is written by the time the engine tells of its error.
  provider.on('grant.error', correct);
  provider.on('pushed_authorization_request.error', correct);
  provider.on('revocation.error', correct);
  provider.on('introspection.error', correct);
}

/** No secret is a wrong secret, and is told the same. */
function refuseClient(ctx: KoaContextWithOIDC): void {
  const { error, error_description: description } = new errors.InvalidClientAuth('empty secret');
  ctx.status = 401;
  ctx.body = { error, error_description: description };
  const { issuer } = ctx.oidc.provider;
  const challenge = `Basic realm="${issuer}", error="${error}"`;
  ctx.set('WWW-Authenticate', `${challenge}, error_description="${String(description)}"`);
}

/** The engine's reader takes 56 kB, and says so no further than here. */
const isTooLarge = ({ cause }: errors.OIDCProviderError): boolean =>
  cause instanceof Error && cause.message === 'request entity too large';

function hasEmptySecret(ctx: KoaContextWithOIDC): boolean {
  const [, token68 = ''] = /^basic ([\w+/=]+)$/i.exec(ctx.get('authorization')) ?? [];
  return /^[^:]+:$/.test(Buffer.from(token68, 'base64').toString('utf8'));
}

function isUnregisteredGrant({ oidc: { route, client, params } }: KoaContextWithOIDC): boolean {
  const grantType = params?.grant_type;
  return (
    route === 'token' &&
    client !== undefined &&
    typeof grantType === 'string' &&
    !client.grantTypeAllowed(grantType)
  );
}

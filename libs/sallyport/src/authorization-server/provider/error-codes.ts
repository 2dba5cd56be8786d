import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';

/** Makes refusals of the engine those of RFC 6749 §5.2: where that has a code of its own, and nothing but its members. */
export function correctErrorCodes(provider: Provider): void {
  const correct = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void => {
    if (error instanceof errors.InvalidScope) {
      // Without `scope`: it would send back whatever was sent, of any length.
      ctx.body = { error: error.error, error_description: error.error_description };
    }
    if (!(error instanceof errors.InvalidRequest)) return;
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

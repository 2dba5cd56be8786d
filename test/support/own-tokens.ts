import { randomUUID } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { Clock, RevocationService, SigningKeyService } from '@sallyport/nest';
import { AUDIENCE, OWN_ISSUER } from './adapters.js';
import { encode, signText } from './tokens.js';

/** A token of the app's own issuer for this client, and for this user if one is named; signed with its active key. */
export async function ownToken(
  app: INestApplication,
  { clientId, user, ...claims }: { clientId: string; user?: string; [claim: string]: unknown },
): Promise<string> {
  const key = await app.get(SigningKeyService).activeKey();
  const subject = user === undefined ? null : { issuer: OWN_ISSUER, subject: user };
  const epochs = await app.get(RevocationService).currentEpochs({ clientId, user: subject });
  const iat = Math.floor(app.get(Clock).now().getTime() / 1000);
  const payload = {
    iss: OWN_ISSUER,
    aud: AUDIENCE,
    client_id: clientId,
    sub: user ?? clientId,
    ...(user !== undefined && { sub_type: 'user', uep: epochs.user, rv: epochs.roleVersion }),
    cep: epochs.client,
    jti: randomUUID(),
    iat,
    exp: iat + 600,
    scope: '',
    ...claims,
  };
  const header = { alg: key.algorithm, kid: key.kid, typ: 'at+jwt' };
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signText(key.algorithm, key.privateKey, input).toString('base64url')}`;
}

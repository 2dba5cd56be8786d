import { decodeJwt } from 'jose';
import type { DemoCredentials } from '../seed/demo-credentials.js';
import type { DemoIssuer } from '../seed/demo-issuer.js';
import type { DemoCredential } from './demo-run.js';

/** A credential with the id by which it can be revoked: the API key's, or the token's `jti`. */
export type CastCredential = DemoCredential & { readonly id: string };

/** The apps and users of the demo, as the credentials they present. */
export class DemoCast {
  constructor(
    private readonly credentials: DemoCredentials,
    private readonly issuer: DemoIssuer,
  ) {}

  keyOf(clientId: string): CastCredential {
    const { id, key } = found(
      this.credentials.apiKeys.find(({ client_id: owner }) => owner === clientId),
    );
    return { id, label: `${clientId} key`, header: 'x-api-key', value: key };
  }

  async tokenOf(username: string, clientId: string): Promise<CastCredential> {
    const { api, issuer, users, clients } = this.credentials;
    const token = await this.issuer.sign({
      issuer,
      audience: api,
      clientId,
      subject: found(users.find((user) => user.username === username)).sub,
      scope: found(clients.find(({ client_id: id }) => id === clientId)).scope.split(' '),
      lifetimeSeconds: 600,
    });
    return {
      id: decodeJwt(token).jti ?? '',
      label: `${username} in ${clientId}`,
      header: 'authorization',
      value: `Bearer ${token}`,
    };
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not in the demo');
  return value;
}

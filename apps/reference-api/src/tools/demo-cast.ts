import { decodeJwt } from 'jose';
import type { DemoCredentials } from '../seed/demo-credentials.js';
import { DemoKey } from './demo-key.js';
import type { DemoCredential } from './demo-run.js';
import { LoginDriver } from './login-driver.js';

/** A credential with the id by which it can be revoked: the API key's, or the token's `jti`. */
export type CastCredential = DemoCredential & { readonly id: string };

/** A token that is bound to a key, and what can be made of it. */
export interface BoundCredential extends CastCredential {
  /** The token without its key: as a bearer token, or with another key. */
  stolen(otherKey?: DemoKey): CastCredential;
  /** With a proof that is made once, and sent as often as it is used. */
  once(method: string, path: string): Promise<CastCredential>;
}

/** The apps and users of the demo, as the credentials they present. */
export class DemoCast {
  private readonly logins: LoginDriver;

  constructor(private readonly credentials: DemoCredentials) {
    this.logins = new LoginDriver(credentials);
  }

  keyOf(clientId: string): CastCredential {
    const { id, key } = found(
      this.credentials.apiKeys.find(({ client_id: owner }) => owner === clientId),
    );
    return { id, label: `${clientId} key`, header: 'x-api-key', value: key };
  }

  /** What a client signs its requests with. */
  signerOf(clientId: string): { readonly id: string; readonly secret: string } {
    const { id, signing_secret: secret } = found(
      this.credentials.apiKeys.find(({ client_id: owner }) => owner === clientId),
    );
    return { id, secret: found(secret) };
  }

  passwordOf(username: string): string {
    return found(this.credentials.users.find((user) => user.username === username)).password;
  }

  /** As an app does that proves no key. */
  async bearerTokenOf(username: string, clientId: string): Promise<CastCredential> {
    const { access_token: token } = await this.logins.token({
      client: clientId,
      user: username,
    });
    return {
      id: decodeJwt(token).jti ?? '',
      label: `${username} in ${clientId}`,
      header: 'authorization',
      value: `Bearer ${token}`,
    };
  }

  /**
   * Signs the user in, unless their browser is known, with their first password unless another is named. The token is
   * bound to a new key, which is proven with every call.
   */
  async tokenOf(username: string, clientId: string, password?: string): Promise<BoundCredential> {
    const key = await DemoKey.create();
    const { access_token: token } = await this.logins.token({
      client: clientId,
      user: username,
      password,
      key,
    });
    const credential = {
      id: decodeJwt(token).jti ?? '',
      label: `${username} in ${clientId}`,
      header: 'authorization',
      value: `DPoP ${token}`,
    } as const;
    const proving = (by: DemoKey) => (method: string, path: string) =>
      by.proof(method, `${this.credentials.api}${path}`, token);
    return {
      ...credential,
      prove: proving(key),
      stolen: (otherKey) =>
        otherKey === undefined
          ? { ...credential, value: `Bearer ${token}` }
          : { ...credential, prove: proving(otherKey), proofLabel: 'proof by another key' },
      once: async (method, path) => {
        const proof = await proving(key)(method, path);
        return { ...credential, prove: () => Promise.resolve(proof), proofLabel: 'proof 1' };
      },
    };
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not in the demo');
  return value;
}

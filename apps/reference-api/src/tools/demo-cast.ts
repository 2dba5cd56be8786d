import { decodeJwt } from 'jose';
import type { DemoCredentials } from '../seed/demo-credentials.js';
import type { DemoCredential } from './demo-run.js';
import { LoginDriver } from './login-driver.js';

/** A credential with the id by which it can be revoked: the API key's, or the token's `jti`. */
export type CastCredential = DemoCredential & { readonly id: string };

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

  passwordOf(username: string): string {
    return found(this.credentials.users.find((user) => user.username === username)).password;
  }

  /** Signs the user in, unless their browser is known, with their first password unless another is named. */
  async tokenOf(username: string, clientId: string, password?: string): Promise<CastCredential> {
    const { access_token: token } = await this.logins.token({
      client: clientId,
      user: username,
      password,
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

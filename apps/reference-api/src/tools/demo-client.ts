import {
  createClient,
  dpopProof,
  MemoryTokenStorage,
  WebCrypto,
  type Client,
  type ClientOptions,
} from '@sallyport/client';
import type { DemoCredentials } from '../seed/demo-credentials.js';
import { DemoTokenError } from './demo-token-error.js';
import { LoginDriver } from './login-driver.js';

export interface DemoCaller {
  readonly client: string;
  /** A username; without one the client calls for itself. */
  readonly user: string | undefined;
  /** Bodies too, in both directions. */
  readonly isEncrypted?: boolean;
}

/**
 * The client library with what an app of the demo carries: the signature or the key of its server, and a user's token. `listens` is
 * where the API does, whatever its name is. Rejects with a DemoTokenError for what cannot be had.
 */
export async function demoClient(
  demo: DemoCredentials,
  { client, user, isEncrypted = false }: DemoCaller,
  listens: string,
): Promise<Client> {
  const login = user === undefined ? {} : await tokenOf(demo, { client, user }, listens);
  const own = credentialOf(demo, client);
  if (user === undefined && own === null) throw new DemoTokenError(whoCannot(demo, client));
  const bring = ({ pathname, search }: URL, init: RequestInit) =>
    fetch(new URL(pathname + search, listens), init);
  if (isEncrypted && own?.signature === undefined) {
    throw new DemoTokenError(`${client} has no secret to encrypt with: the partner has`);
  }
  const encryption = isEncrypted ? { encryptedBodies: {} } : {};
  return createClient({ origin: demo.api, fetch: bring, ...own, ...login, ...encryption });
}

async function tokenOf(
  demo: DemoCredentials,
  { client, user }: { readonly client: string; readonly user: string },
  listens: string,
): Promise<Pick<ClientOptions, 'token'>> {
  const crypto = new WebCrypto();
  const dpopKeys = await crypto.generateKeyPair();
  const proof = (method: string, url: string) =>
    dpopProof(crypto, dpopKeys, {
      ...{ method, url: new URL(url), accessToken: null, nonce: null },
      now: Date.now(),
    });
  const response = await new LoginDriver(demo, listens).token({ client, user, key: { proof } });
  const tokens = { accessToken: response.access_token, refreshToken: null, expiresAt: null };
  return { token: { storage: new MemoryTokenStorage({ ...tokens, dpopKeys }) } };
}

/** A key that signs never travels. */
function credentialOf(
  { apiKeys }: DemoCredentials,
  clientId: string,
): Pick<ClientOptions, 'apiKey' | 'signature'> | null {
  const key = apiKeys.find(({ client_id: owner }) => owner === clientId);
  if (key === undefined) return null;
  const { id: keyId, key: apiKey, signing_secret: secret } = key;
  return secret === undefined ? { apiKey } : { signature: { keyId, secret } };
}

function whoCannot({ apiKeys, clients, users }: DemoCredentials, clientId: string): string {
  const known = clients.find(({ client_id: id }) => id === clientId);
  if (known !== undefined && known.redirect_uris.length > 0) {
    const names = users.map(({ username }) => username).join(', ');
    return `${clientId} has no key of its own: name a --user it acts for (${names})`;
  }
  const names = apiKeys.map(({ client_id: id }) => id).join(', ');
  return `No API key of a client "${clientId}"; there are: ${names}`;
}

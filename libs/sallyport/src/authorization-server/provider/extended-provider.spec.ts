import { exportJWK, generateKeyPair } from 'jose';
import type { Configuration } from 'oidc-provider';
import { createExtendedProvider } from './extended-provider.js';
import type { GrantHandlers } from './grant-handlers.js';

/** Complete enough for the engine to fall back on nothing. */
async function configuration(clientCredentials: boolean): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'key' };
  return {
    adapter: () => {
      throw new Error('nothing is stored here');
    },
    jwks: { keys: [jwk] },
    cookies: { keys: ['cookie key'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: clientCredentials },
    },
  };
}

function recorder() {
  const wrapped: string[] = [];
  const handlers: Pick<GrantHandlers, 'wrap'> = {
    wrap: (name, handler) => {
      wrapped.push(name);
      return handler;
    },
  };
  return { wrapped, handlers: handlers as GrantHandlers };
}

describe('createExtendedProvider', () => {
  it('passes every grant that the engine brings through our hands', async () => {
    const { wrapped, handlers } = recorder();
    createExtendedProvider('https://api.test/oauth', await configuration(true), handlers);
    expect(wrapped.sort()).toEqual(['authorization_code', 'client_credentials', 'refresh_token']);
  });

  it('throws when one of them does not come by, as in another version of the engine', async () => {
    const { handlers } = recorder();
    const incomplete = await configuration(false);
    expect(() => createExtendedProvider('https://api.test/oauth', incomplete, handlers)).toThrow(
      /does not register client_credentials/,
    );
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { jest } from '@jest/globals';
import type { JWK } from 'jose';
import {
  createKeysAndClients,
  operator,
  refusalOf,
  type KeysAndClients,
} from '../../../../test/support/keys-and-clients.js';
import type { Client } from './client.js';
import type { ClientFields } from './client-fields.js';

const es256 = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'key 1',
  use: 'sig',
  alg: 'ES256',
} as JWK;

describe('ClientService', () => {
  let lives: KeysAndClients;
  beforeEach(() => {
    lives = createKeysAndClients();
  });

  it('registers a client with nothing that was not asked for', async () => {
    const client = await lives.clients.register(
      { clientId: 'job', name: 'Job', type: 'confidential' },
      operator,
    );
    expect(client).toEqual<Client>({
      clientId: 'job',
      name: 'Job',
      type: 'confidential',
      isThirdParty: false,
      scope: [],
      grantTypes: [],
      redirectUris: [],
      postLogoutRedirectUris: [],
      resources: [],
      jwks: null,
      jwksUri: null,
      accessTokenSeconds: null,
      refreshGrace: true,
      requiresPushedRequests: false,
      dpopBoundAccessTokens: false,
      tlsClientAuth: null,
      selfSignedCertificates: null,
      tlsClientCertificateBoundAccessTokens: false,
      origins: [],
      plan: null,
      userAgent: null,
      createdAt: lives.clock.now(),
      disabledAt: null,
      version: 1,
    });
    expect(await lives.clients.get('job')).toEqual(client);
  });

  it('gives a client id once', async () => {
    await lives.register();
    expect(await refusalOf(lives.register({ name: 'Other' }))).toBe('ERR_CONFLICT');
    expect((await lives.clients.get('shop')).name).toBe('Shop');
  });

  describe.each([
    ['register', (fields: Partial<ClientFields>) => lives.register({ ...fields, clientId: 'new' })],
    ['update', (fields: Partial<ClientFields>) => lives.clients.update('shop', fields, operator)],
  ])('%s', (_method, change) => {
    beforeEach(() => lives.register());

    it.each<Partial<ClientFields>>([
      { name: '' },
      { name: 'x'.repeat(101) },
      { name: 'a\tb' },
      { scope: ['a b'] },
      { scope: ['"'] },
      { scope: [''] },
      { scope: ['a', 'a'] },
      { scope: Array.from({ length: 101 }, (_, index) => `s${index}`) },
      { grantTypes: ['password'] },
      { grantTypes: ['implicit'] },
      { plan: '' },
      { plan: 'gold\n' },
      { origins: ['https://app.example.com/'] },
      { origins: ['http://app.example.com'] },
      { origins: ['https://*.example.com'] },
      { origins: ['null'] },
      { origins: ['app.example.com'] },
      { origins: ['https://APP.example.com'] },
      { redirectUris: ['https://app.example.com/cb#x'] },
      { redirectUris: ['http://app.example.com/cb'] },
      { redirectUris: ['/cb'] },
      { redirectUris: ['//app.example.com/cb'] },
      { redirectUris: ['javascript:alert(1)'] },
      { redirectUris: ['data:text/html,x'] },
      { redirectUris: ['myapp:/cb'] },
      { redirectUris: ['https://app.example.com/*'] },
      { redirectUris: ['http://localhost/*'] },
      { redirectUris: ['https://a:b@app.example.com/cb'] },
      { redirectUris: ['https://@app.example.com/cb'] },
      { redirectUris: ['https://app.example.com\\@evil.example/cb'] },
      { redirectUris: ['https:app.example.com/cb'] },
      { redirectUris: ['https://app.example.com/cb\n'] },
      { redirectUris: [' https://app.example.com/cb'] },
      { redirectUris: ['https://app.example.com/a/../cb'] },
      { redirectUris: ['https://app.example.com:443/cb'] },
      { redirectUris: ['http://127.0.0.1.evil.example/cb'] },
      { redirectUris: [`https://app.example.com/${'x'.repeat(2050)}`] },
      { postLogoutRedirectUris: ['http://app.example.com/bye'] },
      { postLogoutRedirectUris: ['https://app.example.com/bye#x'] },
      { postLogoutRedirectUris: ['javascript:alert(1)'] },
      { postLogoutRedirectUris: ['https://app.example.com/bye', 'https://app.example.com/bye'] },
      { resources: [''] },
      { resources: ['api'] },
      { resources: ['/v1'] },
      { resources: ['//api.example.com'] },
      { resources: ['https://api.example.com#x'] },
      { resources: ['https://api.example.com#'] },
      { resources: ['https://API.example.com'] },
      { resources: ['https://api.example.com:443'] },
      { resources: ['https://api.example.com/a/../b'] },
      { resources: ['https://*.example.com'] },
      { resources: ['https://a:b@api.example.com'] },
      { resources: ['urn:a b'] },
      { resources: ['urn:a\n'] },
      { resources: ['urn:"a"'] },
      { resources: ['urn:ä'] },
      { resources: [`urn:${'x'.repeat(2045)}`] },
      { resources: ['urn:a', 'urn:a'] },
      { accessTokenSeconds: 0 },
      { accessTokenSeconds: 0.5 },
      { accessTokenSeconds: NaN },
      { accessTokenSeconds: 86_401 },
      { accessTokenSeconds: '600' as unknown as number },
      { isThirdParty: 'no' as unknown as boolean },
      { refreshGrace: null as unknown as boolean },
      { requiresPushedRequests: 0 as unknown as boolean },
      { dpopBoundAccessTokens: 'true' as unknown as boolean },
      { tlsClientCertificateBoundAccessTokens: 1 as unknown as boolean },
      { tlsClientAuth: {} },
      { tlsClientAuth: { subjectDn: '' } },
      { tlsClientAuth: { sanDns: 'a.example', sanUri: 'urn:a' } },
      { tlsClientAuth: { sanUri: 'urn:ä' } },
      { tlsClientAuth: { sanIp: 7 as unknown as string } },
      { selfSignedCertificates: [] },
      { selfSignedCertificates: ['AAAA'] },
      { selfSignedCertificates: [7 as unknown as string] },
      { jwks: { keys: [es256] }, tlsClientAuth: { sanDns: 'a.example' } },
      { jwks: { keys: [] } },
      { jwksUri: 'http://keys.example.com/jwks.json' },
      { jwksUri: 'https://keys.example.com/jwks.json#a' },
      { jwksUri: 'https://user:pass@keys.example.com/' },
      { jwksUri: 'https://keys.example.com/../jwks.json' },
      { jwks: { keys: [{ kty: 'oct', k: 'AQ', kid: 'key 1' }] } },
      { userAgent: { product: '' } },
      { userAgent: { product: 'a/b' } },
      { userAgent: { product: 'App', minimumVersion: '1.x' } },
      { userAgent: { product: 'App', refusedVersions: ['2.0', '1.2.3.4.5'] } },
    ])('refuses %j and changes nothing', async (fields) => {
      expect(await refusalOf(change(fields))).toBe('ERR_INPUT_INVALID');
      const clients = await lives.clients.list({ limit: 10 });
      expect(clients.map(({ version }) => version)).toEqual([1]);
    });

    it('accepts what an app of each kind needs', async () => {
      const fields: Partial<ClientFields> = {
        name: 'Die App für Ämter',
        isThirdParty: true,
        scope: ['invoices:read', 'urn:example:x'],
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
        redirectUris: [
          'https://app.example.com',
          'https://app.example.com/cb?x=1',
          'https://app.example.com/@me',
          'com.example.app:/callback',
          'http://127.0.0.1/callback',
          'http://127.0.0.1:4711/cb',
          'http://[::1]/cb',
          'http://localhost/cb',
        ],
        postLogoutRedirectUris: ['https://app.example.com/bye', 'com.example.app:/bye'],
        resources: [
          'http://localhost:3000',
          'https://api.example.com',
          'https://api.example.com/v1/?tenant=1',
          `urn:${'x'.repeat(2044)}`,
        ],
        jwks: { keys: [es256] },
        refreshGrace: false,
        requiresPushedRequests: true,
        dpopBoundAccessTokens: true,
        origins: [
          'https://app.example.com',
          'https://app.example.com:8443',
          'http://localhost:5173',
        ],
        plan: 'gold',
        userAgent: { product: 'App', minimumVersion: '2.3', refusedVersions: ['2.4.1'] },
      };
      expect(await change(fields)).toMatchObject(fields);
    });

    it.each([1, 600, 86_400, null])(
      'takes %p as the seconds that its access tokens live [C72]',
      async (accessTokenSeconds) => {
        expect(await change({ accessTokenSeconds })).toMatchObject({ accessTokenSeconds });
      },
    );
  });

  it.each(['', 'a b', '../x', 'a/b', 'x'.repeat(65), '*', 'ä', 'a\n'])(
    'refuses the client id %j',
    async (clientId) => {
      expect(await refusalOf(lives.register({ clientId }))).toBe('ERR_INPUT_INVALID');
    },
  );

  it('refuses a type that there is not', async () => {
    const type = 'trusted' as Client['type'];
    expect(await refusalOf(lives.register({ type }))).toBe('ERR_INPUT_INVALID');
  });

  it('§4.4 of RFC 6749: refuses client_credentials for a public client', async () => {
    const grantTypes = ['client_credentials'];
    const registration = lives.register({ type: 'public', grantTypes });
    expect(await refusalOf(registration)).toBe('ERR_INPUT_INVALID');
    await lives.register({ type: 'public' });
    const update = lives.clients.update('shop', { grantTypes }, operator);
    expect(await refusalOf(update)).toBe('ERR_INPUT_INVALID');
  });

  it('§2.1 of RFC 6749: refuses keys to authenticate by for a public client', async () => {
    const jwks = { keys: [es256] };
    expect(await refusalOf(lives.register({ type: 'public', jwks }))).toBe('ERR_INPUT_INVALID');
    await lives.register({ type: 'public' });
    const update = lives.clients.update('shop', { jwks }, operator);
    expect(await refusalOf(update)).toBe('ERR_INPUT_INVALID');
  });

  it('keeps the keys of a client as they were, whatever becomes of the object given', async () => {
    const key = { ...es256, ext: true };
    await lives.register({ jwks: { keys: [key] } });
    key.kid = 'changed';
    expect((await lives.clients.get('shop')).jwks).toEqual({ keys: [es256] });
    await lives.clients.update('shop', { jwks: null }, operator);
    expect((await lives.clients.get('shop')).jwks).toBeNull();
  });

  it('updates the named fields and no other, whatever the object carries', async () => {
    const client = await lives.register();
    await lives.register({ clientId: 'other' });
    const hostile = { name: 'n', clientId: 'other', type: 'public', disabledAt: new Date() };
    await lives.clients.update('shop', hostile, operator);
    expect(await lives.clients.get('shop')).toEqual({ ...client, name: 'n', version: 2 });
    expect((await lives.clients.get('other')).version).toBe(1);
  });

  it('loses none of 20 updates at once', async () => {
    await lives.register();
    await Promise.all([
      ...Array.from({ length: 10 }, (_, index) =>
        lives.clients.update('shop', { name: `name ${index}` }, operator),
      ),
      ...Array.from({ length: 9 }, () => lives.clients.disable('shop', operator)),
      lives.clients.update('shop', { plan: 'gold' }, operator),
    ]);
    const client = await lives.clients.get('shop');
    expect(client).toMatchObject({ plan: 'gold', version: 21, disabledAt: lives.clock.now() });
    expect(client.name).toMatch(/^name \d$/);
  });

  it('disables and enables, and remembers since when', async () => {
    await lives.register();
    const since = lives.clock.now();
    await lives.clients.disable('shop', operator);
    lives.clock.advance(60);
    await lives.clients.disable('shop', operator);
    expect((await lives.clients.get('shop')).disabledAt).toEqual(since);
    expect((await lives.clients.enable('shop', operator)).disabledAt).toBeNull();
  });

  it('knows no client of another id', async () => {
    for (const work of [
      lives.clients.get('nobody'),
      lives.clients.update('nobody', {}, operator),
      lives.clients.disable('nobody', operator),
    ]) {
      expect(await refusalOf(work)).toBe('ERR_NOT_FOUND');
    }
  });

  it('records every change with its actor and reason, in the same transaction', async () => {
    await lives.register();
    await lives.clients.update('shop', { name: 'n' }, operator);
    await lives.clients.disable('shop', operator);
    await lives.clients.enable('shop', operator);
    expect(await lives.actionsOn('shop')).toEqual([
      'client.disabled',
      'client.enabled',
      'client.registered',
      'client.updated',
    ]);
    expect((await lives.changes.listByObject('shop', 1))[0]).toMatchObject(operator);

    const before = await lives.clients.get('shop');
    jest.spyOn(lives.changes, 'append').mockRejectedValue(new Error('the record is full'));
    await expect(lives.clients.disable('shop', operator)).rejects.toThrow('the record is full');
    await expect(lives.register({ clientId: 'new' })).rejects.toThrow('the record is full');
    expect(await lives.clients.list({ limit: 10 })).toEqual([before]);
  });
});

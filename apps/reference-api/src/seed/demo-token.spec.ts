import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { writeDemoCredentials } from './demo-credentials.js';
import { DEMO_CLIENTS } from './demo-data.js';
import { DemoIssuer } from './demo-issuer.js';
import { issueDemoToken } from './demo-token.js';

describe('issueDemoToken', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'demo-token-'));
    await DemoIssuer.loadOrCreate(dataDir);
    await writeDemoCredentials(dataDir, {
      issuer: 'http://localhost:3000/demo-issuer',
      api: 'http://localhost:3000',
      clients: DEMO_CLIENTS.map(({ clientId, scope, redirectUris }) => ({
        client_id: clientId,
        scope: scope.join(' '),
        redirect_uris: redirectUris,
      })),
      apiKeys: [],
      users: [{ username: 'alice', sub: 'subject-of-alice' }],
    });
  });

  afterEach(() => rm(dataDir, { recursive: true }));

  const issue = (request: Parameters<typeof issueDemoToken>[0], api?: string) =>
    issueDemoToken(request, { dataDir, api });

  it('signs a token of a user in a client, in the form of RFC 9068', async () => {
    const { access_token: token } = await issue({ client: 'mobile-app', user: 'alice' });
    const issuer = await DemoIssuer.loadOrCreate(dataDir);
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(issuer.jwks));
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(payload).toMatchObject({
      iss: 'http://localhost:3000/demo-issuer',
      aud: 'http://localhost:3000',
      client_id: 'mobile-app',
      sub: 'subject-of-alice',
      sub_type: 'user',
      scope: 'invoices:read invoices:write',
    });
  });

  it('lets a token live for ten minutes [C89]', async () => {
    const { access_token: token, expires_in: seconds } = await issue({ client: 'nightly-job' });
    const { exp = 0, iat = 0 } = decodeJwt(token);
    expect([seconds, exp - iat]).toEqual([600, 600]);
  });

  it('puts the claims of RFC 9068 into a token, and nothing about a person or what they may do [C63] [C84] [C108]', async () => {
    const profile = ['iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp', 'scope'];
    const own = decodeJwt((await issue({ client: 'nightly-job' })).access_token);
    expect(Object.keys(own).sort()).toEqual([...profile].sort());
    const { access_token: token } = await issue({ client: 'mobile-app', user: 'alice' });
    expect(Object.keys(decodeJwt(token)).sort()).toEqual([...profile, 'sub_type'].sort());
    // Roles by reference: they are looked up by (iss, sub) and client, and a name is nobody's business.
    expect(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).not.toMatch(
      /"alice"|viewer|Finance/,
    );
  });

  it("marks a client's own token by its subject alone", async () => {
    const payload = decodeJwt((await issue({ client: 'nightly-job' })).access_token);
    expect(payload.sub).toBe('nightly-job');
    expect(payload).not.toHaveProperty('sub_type');
  });

  it('narrows the scope when asked to', async () => {
    const narrow = { client: 'mobile-app', user: 'alice', scope: 'invoices:read' };
    expect(await issue(narrow)).toMatchObject({ scope: 'invoices:read', expires_in: 600 });
  });

  it('signs for another origin when told', async () => {
    const { access_token: token } = await issue({ client: 'nightly-job' }, 'http://localhost:4000');
    expect(decodeJwt(token)).toMatchObject({
      iss: 'http://localhost:4000/demo-issuer',
      aud: 'http://localhost:4000',
    });
  });

  it.each([
    ['an unknown client', { client: 'nobody' }, 'backoffice-web, mobile-app, nightly-job'],
    ['a client without tokens', { client: 'operator' }, 'there are: backoffice-web'],
    ['an unknown user', { client: 'mobile-app', user: 'eve' }, 'there are: alice'],
    ['a public client by itself', { client: 'mobile-app' }, 'name a --user'],
    ['too much scope', { client: 'nightly-job', scope: 'invoices:write' }, 'may not ask for'],
  ])('refuses %s and says what there is', async (_case, request, message) => {
    await expect(issue(request)).rejects.toThrow(message);
  });

  it('says that the app must be started first', async () => {
    const empty = issueDemoToken({ client: 'nightly-job' }, { dataDir: join(dataDir, 'none') });
    await expect(empty).rejects.toThrow('run npm start first');
  });

  it("keeps the issuer's private key for its owner alone and publishes none of it [C18]", async () => {
    const file = join(dataDir, 'demo-issuer.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { d } = JSON.parse(await readFile(file, 'utf8')) as { d: string };
    const { jwks } = await DemoIssuer.loadOrCreate(dataDir);
    expect(JSON.stringify(jwks)).not.toContain(d);
  });
});

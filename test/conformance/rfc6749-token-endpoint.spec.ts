import {
  basic,
  Browser,
  form,
  post,
  redeem,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  type Authorization,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import type { Instance } from '../support/instances.js';
import { clientCredentials, refusalOf } from '../support/oauth-answers.js';
import { rawRequest } from '../support/raw-request.js';

type Fields = Readonly<Record<string, string>>;

describe('RFC 6749', () => {
  let server: Instance;
  let job: TestClient;
  let shop: TestClient;
  let other: TestClient;
  let alice: Browser;

  beforeAll(async () => {
    server = await startAuthorizationServer();
    job = await registerClient(server, 'job', { grantTypes: ['client_credentials'] });
    shop = await registerClient(server);
    other = await registerClient(server, 'other');
    alice = new Browser(server);
  });
  afterAll(() => server.app.close());

  const statusAndError = (answer: HttpAnswer, ...presented: readonly string[]): string =>
    refusalOf(answer, [job.secret, shop.secret, other.secret, ...presented]);

  describe('§4.4 client credentials', () => {
    it('§4.4.2 §4.4.3 takes grant_type and scope, and gives exactly these members: no refresh token [C10] [C13] [C100]', async () => {
      const answer = await clientCredentials(server, job, { scope: 'invoices:read' });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 600,
        scope: 'invoices:read',
      });
    });

    it('§2.3.1 takes client_id and client_secret in the body as well [C13]', async () => {
      const { clientId: client_id, secret } = job;
      const answer = await post(server, 'token', null, {
        grant_type: 'client_credentials',
        client_id,
        client_secret: secret ?? '',
      });
      expect(answer.status).toBe(200);
    });

    it('§3.3 gives all that the client is registered for when no scope is named, and says so', async () => {
      const { body } = await clientCredentials(server, job);
      expect(body.scope).toBe('invoices:read invoices:write');
    });

    it.each(['invoices:approve', 'invoices:read sallyport:admin', 'openid', 'nonsense'])(
      '§5.2 refuses the scope %s, which is beyond the client',
      async (scope) => {
        expect(statusAndError(await clientCredentials(server, job, { scope }))).toBe(
          '400 invalid_scope',
        );
      },
    );

    it('§5.2 refuses a client that is not registered for the grant', async () => {
      expect(statusAndError(await clientCredentials(server, shop))).toBe('400 unauthorized_client');
    });
  });

  describe('§5.1 answers', () => {
    it('§5.1 are JSON that no cache keeps', async () => {
      const { headers } = await clientCredentials(server, job);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it('§5.1 have a refresh token when a user signed in, and a scope [C94]', async () => {
      const body = await alice.login(shop);
      expect(Object.keys(body).sort()).toEqual([
        'access_token',
        'expires_in',
        'refresh_token',
        'scope',
        'token_type',
      ]);
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
      expect(body.scope).toBe('invoices:read invoices:write');
    });
  });

  describe('§5.2 a client that is not authenticated', () => {
    const right = { grant_type: 'client_credentials' };
    const withHeader = (authorization: string) =>
      post(server, 'token', null, right, { authorization });

    it.each([
      ['an unknown client', () => withHeader(basic('nobody', 'x'.repeat(43)))],
      ['a wrong secret', () => withHeader(basic('job', 'x'.repeat(43)))],
      ['an empty secret', () => withHeader(basic('job', ''))],
      ["another client's secret", () => withHeader(basic('job', shop.secret ?? ''))],
      [
        'a wrong secret in the body',
        () => post(server, 'token', null, { ...right, client_id: 'job', client_secret: 'wrong' }),
      ],
      ['a name alone', () => post(server, 'token', null, { ...right, client_id: 'job' })],
    ])('§5.2 is refused with 401 invalid_client: %s', async (_what, ask) => {
      const answer = await ask();
      expect(statusAndError(answer)).toBe('401 invalid_client');
    });

    it('§5.2 is told the scheme that it tried', async () => {
      const { headers } = await withHeader(basic('job', 'wrong'));
      expect(headers.get('www-authenticate')).toMatch(/^Basic realm="/);
    });

    it.each([
      ['no authentication at all', () => post(server, 'token', null, right)],
      ['a Bearer header', () => withHeader('Bearer abc')],
      ['a Basic header without colon', () => withHeader('Basic am9i')],
      ['a Basic header that is not base64', () => withHeader('Basic ***')],
      ['a Basic header with control characters', () => withHeader(basic('job', 'a\u0000b'))],
      ['a header of 12 kB', () => withHeader(`Basic ${'a'.repeat(12_000)}`)],
    ])('§5.2 is refused with invalid_request or invalid_client: %s', async (_what, ask) => {
      expect(statusAndError(await ask())).toMatch(/^(400 invalid_request|401 invalid_client)$/);
    });

    it('§2.3 is refused with two methods at once, both right', async () => {
      const { clientId: client_id, secret } = job;
      const twice = { ...right, client_id, client_secret: secret ?? '' };
      expect(statusAndError(await post(server, 'token', job, twice))).toBe('400 invalid_request');
    });

    it('§2.3 is refused with two names', async () => {
      const answer = await post(server, 'token', job, { ...right, client_id: 'shop' });
      expect(statusAndError(answer)).toBe('400 invalid_request');
    });

    it('§2.3 is refused with two Authorization headers, whichever is right', async () => {
      const good = basic(job.clientId, job.secret ?? '');
      for (const lines of [
        [good, 'Basic bm86bm8='],
        ['Basic bm86bm8=', good],
        [good, good],
      ]) {
        const headers = lines.map((line) => ['authorization', line] as const);
        const body = form(right).toString();
        const { status, text } = await rawRequest(server, 'POST', '/oauth/token', headers, body);
        expect(status).toBe(400);
        expect(text).not.toContain('access_token');
      }
    });
  });

  /** Each: what is right but for one thing, and what it is refused with. */
  describe('§3.2 requests that are not right', () => {
    const grants: Readonly<Record<string, () => Promise<{ client: TestClient; fields: Fields }>>> =
      {
        client_credentials: () =>
          Promise.resolve({
            client: job,
            fields: { grant_type: 'client_credentials', scope: 'invoices:read' },
          }),
        authorization_code: async () => {
          const { code, verifier, redirectUri } = await alice.authorize(shop);
          return {
            client: shop,
            fields: {
              grant_type: 'authorization_code',
              code,
              code_verifier: verifier,
              redirect_uri: redirectUri,
            },
          };
        },
        refresh_token: async () => {
          const { refresh_token } = await alice.login(shop);
          return {
            client: shop,
            fields: { grant_type: 'refresh_token', refresh_token, scope: 'invoices:read' },
          };
        },
      };
    const parametersOf: Readonly<Record<string, readonly string[]>> = {
      client_credentials: ['grant_type', 'scope'],
      authorization_code: ['grant_type', 'code', 'code_verifier', 'redirect_uri'],
      refresh_token: ['grant_type', 'refresh_token', 'scope'],
    };
    const OPTIONAL = new Set(['scope']);
    const secretsIn = ({
      code = '',
      code_verifier: verifier = '',
      refresh_token: token = '',
    }: Fields) => [code, verifier, token];
    const each = Object.entries(parametersOf).flatMap(([grant, names]) =>
      names.map((name) => [grant, name] as const),
    );

    /** Nothing was changed by what was refused: what is right is still good, once. */
    const expectUntouched = async (client: TestClient, fields: Fields): Promise<void> => {
      expect((await post(server, 'token', client, fields)).status).toBe(200);
    };

    it.each(each.filter(([, name]) => !OPTIONAL.has(name)))(
      '§3.2 %s without %s is refused, and nothing is changed',
      async (grant, name) => {
        const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
        const { [name]: _left, ...others } = fields;
        for (const wrong of [others, { ...others, [name]: '' }]) {
          const answer = await post(server, 'token', client, wrong);
          expect(statusAndError(answer, ...secretsIn(fields))).toMatch(
            /^400 invalid_(request|grant)$/,
          );
        }
        await expectUntouched(client, fields);
      },
    );

    it.each(each)(
      '§3.2 %s with %s twice is refused, and nothing is changed',
      async (grant, name) => {
        const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
        const value = fields[name] ?? '';
        for (const values of [
          [value, value],
          [value, 'another'],
          ['another', value],
        ]) {
          const answer = await post(server, 'token', client, { ...fields, [name]: values });
          expect(statusAndError(answer, value)).toBe('400 invalid_request');
        }
        await expectUntouched(client, fields);
      },
    );

    // A verifier that could be read would be a wrong one, and end the code.
    const sizes = (name: string) =>
      name === 'code_verifier' ? [100, 2_000] : [10, 50, 100, 2_000];
    it.each(each.flatMap(([grant, name]) => sizes(name).map((kB) => [grant, name, kB] as const)))(
      '§3.2 %s with a %s of %i kB is refused, and nothing is changed',
      async (grant, name, kB) => {
        const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
        const huge = { ...fields, [name]: 'a'.repeat(kB * 1_000) };
        const answer = await post(server, 'token', client, huge);
        expect(answer.text.length).toBeLessThan(1_000);
        expect(statusAndError(answer)).toMatch(
          kB < 100
            ? /^400 (invalid_(request|grant|scope)|unsupported_grant_type)$/
            : /^413 invalid_request$/,
        );
        await expectUntouched(client, fields);
      },
    );

    it.each(each.filter(([, name]) => !OPTIONAL.has(name)))(
      '§3.2 %s with %s in the query is refused, and nothing is changed',
      async (grant, name) => {
        const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
        const { [name]: moved = '', ...others } = fields;
        const answer = await send(server, `/oauth/token?${form({ [name]: moved }).toString()}`, {
          method: 'POST',
          body: form(others),
          headers: { authorization: basic(client.clientId, client.secret ?? '') },
        });
        expect(statusAndError(answer, ...secretsIn(fields))).toMatch(
          /^400 invalid_(request|grant)$/,
        );
        await expectUntouched(client, fields);
      },
    );

    it('§3.2 reads nothing from the query, not even what may be left out', async () => {
      const answer = await send(server, '/oauth/token?scope=invoices:read', {
        method: 'POST',
        body: form({ grant_type: 'client_credentials' }),
        headers: { authorization: basic(job.clientId, job.secret ?? '') },
      });
      expect(answer.body.scope).toBe('invoices:read invoices:write');
    });

    it.each(Object.keys(parametersOf))(
      '§3.2 %s by another method than POST is not there',
      async (grant) => {
        const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD']) {
          const { status, text } = await send(server, `/oauth/token?${form(fields).toString()}`, {
            method,
            headers: { authorization: basic(client.clientId, client.secret ?? '') },
          });
          expect([400, 404, 405]).toContain(status);
          expect(text).not.toContain('access_token');
        }
        await expectUntouched(client, fields);
      },
    );

    it.each([
      ['JSON', 'application/json', (fields: Fields) => JSON.stringify(fields)],
      ['plain text', 'text/plain', (fields: Fields) => form(fields).toString()],
      ['a form as XML', 'application/xml', (fields: Fields) => form(fields).toString()],
      ['no type', '', (fields: Fields) => form(fields).toString()],
      ['a form in parts', 'multipart/form-data; boundary=x', multipart],
    ])(
      '§3.2 a body of another type is refused, and nothing is changed: %s',
      async (_what, type, body) => {
        for (const grant of Object.keys(parametersOf)) {
          const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
          const answer = await send(server, '/oauth/token', {
            method: 'POST',
            body: Buffer.from(body(fields)),
            headers: {
              ...(type !== '' && { 'content-type': type }),
              authorization: basic(client.clientId, client.secret ?? ''),
            },
          });
          expect(statusAndError(answer, ...secretsIn(fields))).toBe('400 invalid_request');
          await expectUntouched(client, fields);
        }
      },
    );

    it.each(['\u0000', '%00', "' OR 1=1 --", '\u202e', '{"$gt":""}', '../../etc/passwd', '\ud83d'])(
      '§3.2 hostile text is refused like any that is wrong: %j',
      async (text) => {
        for (const grant of ['authorization_code', 'refresh_token']) {
          const { client, fields } = await (grants[grant]?.() ?? Promise.reject(new Error(grant)));
          for (const name of Object.keys(fields)) {
            if (name === 'code_verifier') continue;
            const answer = await post(server, 'token', client, { ...fields, [name]: text });
            expect(statusAndError(answer)).toMatch(
              /^400 (invalid_(request|grant|scope)|unsupported_grant_type)$/,
            );
          }
          await expectUntouched(client, fields);
        }
      },
    );
  });

  describe('§5.2 what belongs to somebody else', () => {
    const wrong = (change: Partial<Authorization>) => async (): Promise<void> => {
      const right = await alice.authorize(shop);
      const answer = await redeem(server, shop, { ...right, ...change });
      expect(statusAndError(answer, right.code)).toBe('400 invalid_grant');
    };

    it('§5.2 refuses a code that nobody was given', wrong({ code: 'x'.repeat(43) }));

    it("§4.1.3 refuses a code with another client's credentials, and it stays good for its own", async () => {
      const right = await alice.authorize(shop);
      expect(statusAndError(await redeem(server, other, right), right.code)).toBe(
        '400 invalid_grant',
      );
      expect((await redeem(server, shop, right)).status).toBe(200);
    });

    it('§4.1.3 refuses a code with another redirect_uri, and it stays good with its own', async () => {
      const right = await alice.authorize(shop);
      const elsewhere = { ...right, redirectUri: 'https://evil.test/callback' };
      expect(statusAndError(await redeem(server, shop, elsewhere))).toBe('400 invalid_grant');
      expect((await redeem(server, shop, right)).status).toBe(200);
    });

    it("§4.1.3 refuses a code with another request's verifier", async () => {
      const [first, second] = [await alice.authorize(shop), await alice.authorize(shop)];
      const mixed = { ...first, verifier: second.verifier };
      expect(statusAndError(await redeem(server, shop, mixed))).toBe('400 invalid_grant');
      expect((await redeem(server, shop, second)).status).toBe(200);
    });

    it("§6 refuses a refresh token with another client's credentials, and it stays good for its own", async () => {
      const { refresh_token: token } = await alice.login(shop);
      expect(statusAndError(await refresh(server, other, token), token)).toBe('400 invalid_grant');
      expect((await refresh(server, shop, token)).status).toBe(200);
    });

    it.each([
      ['an access token', 'access_token'],
      ['a code', 'code'],
    ])('§6 refuses %s as a refresh token', async (_what, kind) => {
      const right = await alice.authorize(shop);
      const { body } = await redeem(server, shop, right);
      const text: string = kind === 'code' ? right.code : body.access_token;
      expect(statusAndError(await refresh(server, shop, text), text)).toBe('400 invalid_grant');
      expect((await refresh(server, shop, body.refresh_token)).status).toBe(200);
    });

    it('§6 refuses a refresh token as a code', async () => {
      const { refresh_token: token } = await alice.login(shop);
      const right = await alice.authorize(shop);
      const answer = await redeem(server, shop, { ...right, code: token });
      expect(statusAndError(answer, token)).toBe('400 invalid_grant');
      expect((await refresh(server, shop, token)).status).toBe(200);
    });
  });

  describe('§6 refresh', () => {
    it('§6 gives another refresh token and an access token of the same scope [C66] [C99]', async () => {
      const first = await alice.login(shop);
      const { status, body } = await refresh(server, shop, first.refresh_token);
      expect(status).toBe(200);
      expect(Object.keys(body).sort()).toEqual(Object.keys(first).sort());
      expect(body.scope).toBe(first.scope);
      expect(body.refresh_token).not.toBe(first.refresh_token);
      expect(body.access_token).not.toBe(first.access_token);
    });

    it('§6 refuses a client that is not registered for it', async () => {
      const noRefresh = await registerClient(server, 'no-refresh', {
        grantTypes: ['authorization_code'],
      });
      const body = await alice.login(noRefresh);
      expect(body).not.toHaveProperty('refresh_token');
      expect(statusAndError(await refresh(server, noRefresh, 'x'.repeat(43)))).toBe(
        '400 unauthorized_client',
      );
    });
  });

  describe('§4.5 grants that there are not', () => {
    it.each([
      'password',
      'implicit',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:openid:params:grant-type:ciba',
      'AUTHORIZATION_CODE',
      'refresh_token ',
      '__proto__',
      'constructor',
    ])('§5.2 %j is an unsupported_grant_type', async (grantType) => {
      const answer = await post(server, 'token', job, {
        grant_type: grantType,
        username: 'alice',
        password: "alice's password",
      });
      expect(statusAndError(answer, "alice's password")).toBe('400 unsupported_grant_type');
    });
  });
});

/** RFC 7578. */
function multipart(fields: Fields): string {
  const part = ([name, value]: readonly [string, string]): string =>
    `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return `${Object.entries(fields).map(part).join('')}--x--`;
}

import { createHash, createHmac } from 'node:crypto';
import { Body, Controller, Get, Post } from '@nestjs/common';
import {
  ApiKey,
  ApiKeyService,
  CurrentCaller,
  SignedRequest,
  type Caller,
  type IssuedApiKey,
} from '@sallyport/nest';
import { SignatureV4 } from '@smithy/signature-v4';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { BY, issueKey, register } from '../support/cast.js';
import { portOf, PUBLIC_ORIGIN, transmit, type Sent } from '../support/signed-requests.js';

let handled = 0;

@Controller('v1')
@SignedRequest({ scheme: 'aws4-hmac-sha256' })
class Aws4Controller {
  @Post('items') @ApiKey() post(@CurrentCaller() { client }: Caller, @Body() body: unknown) {
    handled += 1;
    return { client: client.clientId, body };
  }
  @Get('items/:name') get(@CurrentCaller() { client }: Caller) {
    handled += 1;
    return { client: client.clientId };
  }
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** What `@smithy/signature-v4` wants of SHA-256. */
class Sha256 {
  private readonly state: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: Data) {
    this.state =
      secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Data): void {
    this.state.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.state.digest()));
  }
  reset(): void {
    throw new Error('not used');
  }
}

const bytesOf = (data: Data): Buffer =>
  typeof data === 'string'
    ? Buffer.from(data)
    : data instanceof ArrayBuffer
      ? Buffer.from(data)
      : Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const BODY = '{"name":"Ünïcode ✓"}';

interface Plan {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly body?: string;
  readonly host?: string;
  readonly at?: Date;
  readonly secret?: string;
  readonly keyid?: string;
  readonly unsigned?: readonly string[];
  readonly tamper?: (sent: Sent) => Sent;
}

const replace =
  (name: string, value: (old: string) => string | null) =>
  (sent: Sent): Sent => ({
    ...sent,
    headers: sent.headers.flatMap((line) => {
      const replaced = line[0] === name ? value(line[1]) : line[1];
      return replaced === null ? [] : [[line[0], replaced] as const];
    }),
  });

describeOnAdapters('A request signed as AWS does', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  beforeEach(async () => {
    api = await start({ controllers: [Aws4Controller] });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signedOnly: true });
    handled = 0;
  });

  const sign = async (plan: Plan): Promise<Sent> => {
    const { method = 'POST', path = '/v1/items', query = {}, body = BODY, at = new Date() } = plan;
    const { host = new URL(PUBLIC_ORIGIN).host } = plan;
    const signer = new SignatureV4({
      service: 'execute-api',
      region: 'eu-central-1',
      sha256: Sha256,
      credentials: {
        accessKeyId: plan.keyid ?? issued.apiKey.id,
        secretAccessKey: plan.secret ?? issued.signingSecret ?? '',
      },
    });
    const request = {
      method,
      protocol: 'https:',
      hostname: host,
      path,
      query,
      headers: { host, 'content-type': 'application/json' },
      body: method === 'GET' ? undefined : body,
    };
    const options = { signingDate: at, unsignableHeaders: new Set(plan.unsigned ?? []) };
    const { headers } = await signer.sign(request, options);
    const pairs = Object.entries(query).flatMap(([name, values]) =>
      [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    );
    const target = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
    const content = Buffer.from(method === 'GET' ? '' : body);
    const sent = { method, target, headers: Object.entries(headers), body: content };
    return plan.tamper?.(sent) ?? sent;
  };
  const send = async (plan: Plan = {}) => transmit(portOf(api), await sign(plan));
  const refused = async (plan: Plan) => {
    const before = handled;
    const { status } = await send(plan);
    expect(handled).toBe(before);
    return [status, /ERR_[A-Z_0-9]+/.exec(api.log.at(-1) ?? '')?.[0]];
  };

  it('is let in by the signing secret of an API key', async () => {
    const answer = await send();
    expect(answer.body).toEqual({ client: 'shop', body: { name: 'Ünïcode ✓' } });
    expect(answer.status).toBe(201);
    const get = { method: 'GET', path: '/v1/items/a%20b' };
    expect((await send(get)).status).toBe(200);
    const query = { b: 'x y', a: ['2', '1'], 'ä!': "it's", empty: '' };
    expect((await send({ ...get, query })).status).toBe(200);
  });

  it('names the public origin, whatever Host says [T9]', async () => {
    expect((await send({ tamper: replace('host', () => 'evil.example') })).status).toBe(201);
    expect(await refused({ host: `127.0.0.1:${portOf(api)}` })).toEqual([
      401,
      'ERR_SIGNATURE_INVALID',
    ]);
  });

  it('is let in once', async () => {
    const sent = await sign({});
    expect((await transmit(portOf(api), sent)).status).toBe(201);
    expect((await transmit(portOf(api), sent)).status).toBe(401);
    expect(api.log.at(-1)).toContain('ERR_SIGNATURE_REPLAYED');
    expect(handled).toBe(1);
  });

  it.each<[string, (sent: Sent) => Sent]>([
    ['body', (sent) => ({ ...sent, body: Buffer.from('{"name":"other"}') })],
    ['query', (sent) => ({ ...sent, target: `${sent.target}?a=1` })],
    ['method', (sent) => ({ ...sent, method: 'PUT' })],
    ['content type', replace('content-type', (type) => `${type}; charset=utf-8`)],
    [
      'time',
      replace('x-amz-date', (date) => date.replace(/\dZ$/, (end) => (end === '9Z' ? '8Z' : '9Z'))),
    ],
    ['region', replace('authorization', (value) => value.replace('eu-central-1', 'us-east-1'))],
    ['signature', replace('authorization', (value) => value.replace(/[0-9a-f]{8}$/, '00000000'))],
  ])('is refused after its %s was changed', async (_what, tamper) => {
    const [status] = await refused({ tamper });
    expect([401, 404]).toContain(status);
  });

  it.each<[string, Plan, number, string]>([
    ['of an hour ago', { at: new Date(Date.now() - 3_600_000) }, 401, 'EXPIRED'],
    ['of in an hour', { at: new Date(Date.now() + 3_600_000) }, 401, 'EXPIRED'],
    ['by another secret', { secret: 'A'.repeat(43) }, 401, 'INVALID'],
    ['by nobody', { keyid: 'A'.repeat(16) }, 401, 'INVALID'],
    ['not of its type', { unsigned: ['content-type'] }, 401, 'INCOMPLETE'],
    ['without a time', { tamper: replace('x-amz-date', () => null) }, 401, 'INCOMPLETE'],
    ['that is none', { tamper: replace('authorization', () => null) }, 401, 'REQUIRED'],
    [
      'with unsigned words for us',
      { tamper: (sent) => ({ ...sent, headers: [...sent.headers, ['x-amz-meta-a', '1']] }) },
      401,
      'INCOMPLETE',
    ],
    [
      'of a body whose encoding is unsigned',
      {
        tamper: (sent) => ({
          ...sent,
          headers: [...sent.headers, ['content-encoding', 'identity']],
        }),
      },
      401,
      'INCOMPLETE',
    ],
    [
      'of an unsigned body',
      { tamper: replace('x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD') },
      401,
      'INVALID',
    ],
    [
      'that cannot be read',
      { tamper: replace('authorization', (value) => value.replace('SignedHeaders', 'Headers')) },
      400,
      'MALFORMED',
    ],
    [
      'with headers out of order',
      { tamper: replace('authorization', (value) => value.replace('host;', 'zost;host;')) },
      400,
      'MALFORMED',
    ],
    ['for another host', { host: 'other.example' }, 401, 'INVALID'],
    [
      'of a plus that was written otherwise',
      {
        method: 'GET',
        path: '/v1/items/a',
        query: { sum: '1+1' },
        tamper: (sent) => ({ ...sent, target: sent.target.replace('%2B', '+') }),
      },
      401,
      'INVALID',
    ],
    ['of a path with dots', { method: 'GET', path: '/v1/items/../items/a' }, 401, 'INVALID'],
  ])('is refused when it is %s', async (_what, plan, status, code) => {
    const answer = await refused(plan);
    // A router may not find a path with dots.
    if (answer[0] !== 404) expect(answer).toEqual([status, `ERR_SIGNATURE_${code}`]);
  });

  it('is refused beside a key or a DPoP proof, as a message signature, and once the key is revoked', async () => {
    const key = ['x-api-key', issued.plaintext] as const;
    const beside = (sent: Sent) => ({ ...sent, headers: [...sent.headers, key] });
    expect(await refused({ tamper: beside })).toEqual([400, 'ERR_CREDENTIAL_REPEATED']);
    const withProof = (sent: Sent) => ({
      ...sent,
      headers: [...sent.headers, ['dpop', 'a.b.c'] as const],
    });
    expect(await refused({ tamper: withProof })).toEqual([401, 'ERR_DPOP_PROOF_INVALID']);
    await api.app.get(ApiKeyService).revoke(issued.apiKey.id, BY);
    expect(await refused({})).toEqual([401, 'ERR_CREDENTIAL_REVOKED']);
  });

  it('fails the start with what it does not know', async () => {
    @Controller()
    class Wrong {
      @Get('wrong')
      @SignedRequest({ scheme: 'aws4-hmac-sha256', tag: 'x', maxAgeSeconds: 0 })
      wrong() {
        return 1;
      }
    }
    await expect(start({ controllers: [Wrong] })).rejects.toThrow(
      /maxAgeSeconds[\s\S]*knows neither components nor tag/,
    );
  });
});

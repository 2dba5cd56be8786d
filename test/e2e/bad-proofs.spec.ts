import { createHash, createHmac, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Controller, Get, Post } from '@nestjs/common';
import {
  AppSecretProof,
  SenderConstrained,
  SignedRequest,
  type IssuedApiKey,
} from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { signedAsAws } from '../support/aws4-signing.js';
import { BoundToken } from '../support/bound-tokens.js';
import { issueKey, register } from '../support/cast.js';
import { makeCertificate, type TestCertificate } from '../support/certificates.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { ownToken } from '../support/own-tokens.js';
import {
  hmacKey,
  portOf,
  signed,
  transmit,
  type Plan,
  type Sent,
} from '../support/signed-requests.js';

let handled = 0;

@Controller()
class ProvenController {
  @Post('signed') @SignedRequest() signed() {
    return (handled += 1);
  }
  @Post('aws4') @SignedRequest({ scheme: 'aws4-hmac-sha256' }) aws4() {
    return (handled += 1);
  }
  @Get('proven') @AppSecretProof() proven() {
    return (handled += 1);
  }
  @Get('bound') @SenderConstrained() bound() {
    return (handled += 1);
  }
}

const BODY = '{"amount":1}';
const USUAL = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type'];
const hour = 3600;
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const HUGE = 'A'.repeat(12_000);

/** What the sender's request has become: another value of a field, none of it, or a second line. */
const edit = (name: string, change: (value: string) => string | null) => (sent: Sent) => ({
  ...sent,
  headers: sent.headers.flatMap((line) => {
    const value = line[0].toLowerCase() === name ? change(line[1]) : line[1];
    return value === null ? [] : [[line[0], value] as const];
  }),
});
const drop = (name: string) => edit(name, () => null);
const put = (name: string, value: string) => edit(name, () => value);
const twice = (name: string) => (sent: Sent) => ({
  ...sent,
  headers: [...sent.headers, ...sent.headers.filter(([each]) => each.toLowerCase() === name)],
});
const add = (name: string, value: string) => (sent: Sent) => ({
  ...sent,
  headers: [...sent.headers, [name, value] as const],
});
const withBody = (body: string | Buffer) => (sent: Sent) => ({ ...sent, body: Buffer.from(body) });
const asIs = (sent: Sent) => sent;
/** As somebody on the way might, who means no harm. */
const compress = (sent: Sent) => add('Content-Encoding', 'gzip')(withBody(gzipSync(BODY))(sent));

const [SIGNATURE, CREDENTIAL] = ['ERR_SIGNATURE', 'ERR_CREDENTIAL'];
const INVALID = [401, `${SIGNATURE}_INVALID`] as const;
const INCOMPLETE = [401, `${SIGNATURE}_INCOMPLETE`] as const;
const EXPIRED = [401, `${SIGNATURE}_EXPIRED`] as const;
const REQUIRED = [401, `${SIGNATURE}_REQUIRED`] as const;
const MALFORMED = [400, `${SIGNATURE}_MALFORMED`] as const;
const REPEATED = [400, `${CREDENTIAL}_REPEATED`] as const;
type Expected = readonly [status: number, code: string];
/** What the host's parser may refuse before anyone asks for a proof. */
const UNREADABLE = null;

describeOnAdapters('Where proof is demanded', (start) => {
  let api: TestApi;
  let [issued, foreign] = [] as unknown as [IssuedApiKey, IssuedApiKey];
  let publicKey: string;
  let certificate: TestCertificate;

  beforeAll(async () => {
    certificate = await makeCertificate();
  });
  beforeEach(async () => {
    const keys = generateKeyPairSync('ed25519');
    const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1' };
    publicKey = jwk.x ?? '';
    api = await start({ controllers: [ProvenController], options: { mtls: true } });
    await register(api.app, 'shop', ['a:read']);
    await register(api.app, 'other', ['a:read'], { jwks: { keys: [jwk] } });
    issued = await issueKey(api.app, 'shop', { signing: true });
    foreign = await issueKey(api.app, 'other', { signing: true });
    handled = 0;
  });

  /** The refusal, as its sender and as the log has it: with a challenge if it is a 401, and without any secret. */
  const refusal = async (answered: Promise<{ status: number; headers: object; body: unknown }>) => {
    const { status, headers, body } = await answered;
    expect(handled).toBe(0);
    expect(body).toMatchObject({ status });
    expect(headers).toMatchObject({
      'www-authenticate': expect.stringContaining('realm="https://api.test"') as string,
      'content-type': expect.stringContaining('application/problem+json') as string,
    });
    const told = JSON.stringify([body, api.log]);
    expect(told).not.toContain(issued.signingSecret);
    expect(told.length).toBeLessThan(4000);
    return [status, /ERR_[A-Z_]+/.exec(api.log.at(-1) ?? '')?.[0]];
  };

  it.each<[string, Plan, (sent: Sent) => Sent, Expected | null]>([
    ['Signature-Input, huge', {}, put('signature-input', HUGE), MALFORMED],
    ['Signature, huge', {}, put('signature', `sig1=:${HUGE}:`), MALFORMED],
    ['Signature-Input, twice', {}, twice('signature-input'), MALFORMED],
    ['Signature, twice', {}, twice('signature'), MALFORMED],
    ['Content-Digest, malformed', { headers: [['Content-Digest', '"']] }, asIs, MALFORMED],
    ['Content-Digest, huge', { headers: [['Content-Digest', HUGE]] }, asIs, MALFORMED],
    ['Content-Digest, empty', { headers: [['Content-Digest', '']] }, asIs, INVALID],
    ['Content-Digest, gone', {}, drop('content-digest'), INVALID],
    ['Content-Digest, twice', {}, twice('content-digest'), INVALID],
    ['Content-Type, gone', {}, drop('content-type'), UNREADABLE],
    ['Content-Type, twice', {}, twice('content-type'), UNREADABLE],
    ['body, truncated', {}, withBody('{"amount":'), UNREADABLE],
    ['body, another', {}, withBody('{"amount":2}'), INVALID],
    ['body, longer', {}, withBody(`${BODY} `), INVALID],
    ['body, compressed on the way', {}, compress, UNREADABLE],
    ['made an hour ago', { parameters: { created: inSeconds(-hour) } }, asIs, EXPIRED],
    ['made in an hour', { parameters: { created: inSeconds(hour) } }, asIs, EXPIRED],
    ['another algorithm', { parameters: { alg: 'ed25519' } }, asIs, INVALID],
    ['an algorithm of nobody', { parameters: { alg: 'none' } }, asIs, INVALID],
    ['a field that is covered, and not there', {}, drop('x-note'), INVALID],
  ])('refuses a signature with %s', async (what, plan, tamper, expected) => {
    const note = what.startsWith('a field')
      ? { headers: [['X-Note', 'n'] as const], cover: [...USUAL, 'x-note'] }
      : {};
    const key = hmacKey(issued.signingSecret);
    const sent = tamper(signed(key, issued.apiKey.id, { body: BODY, ...note, ...plan }));
    const answer = await transmit(portOf(api), sent);
    expect(handled).toBe(0);
    if (expected === UNREADABLE) expect([400, 401, 415]).toContain(answer.status);
    else expect(await refusal(Promise.resolve(answer))).toEqual(expected);
    if (answer.status === 401) expect(answer.headers['accept-signature']).toContain('"@method"');
  });

  it('refuses a signature by what everybody knows of a key, as if that were a secret', async () => {
    const bytes = Buffer.from(publicKey, 'base64url');
    const key = { algorithm: 'hmac-sha256', key: createSecretKey(bytes) } as const;
    for (const alg of ['hmac-sha256', 'ed25519', null]) {
      const sent = signed(key, 'other/k1', { body: BODY, parameters: { alg } });
      expect(await refusal(transmit(portOf(api), sent))).toEqual(INVALID);
    }
  });

  it.each<
    [string, { headers?: Record<string, string>; at?: Date }, (sent: Sent) => Sent, Expected | null]
  >([
    ['Authorization, huge', {}, edit('authorization', (value) => value + HUGE), MALFORMED],
    ['Authorization, twice', {}, twice('authorization'), REPEATED],
    ['Authorization, gone', {}, drop('authorization'), REQUIRED],
    [
      'a parameter that nobody knows',
      {},
      edit('authorization', (value) => `${value}, Color=red`),
      MALFORMED,
    ],
    ['two signatures', {}, edit('authorization', (value) => `${value}, ${value}`), MALFORMED],
    [
      'a signature in capitals',
      {},
      edit('authorization', (value) => value.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())),
      MALFORMED,
    ],
    [
      'another algorithm',
      {},
      edit('authorization', (value) => value.replace('HMAC-SHA256', 'ECDSA-P256-SHA256')),
      REQUIRED,
    ],
    ['X-Amz-Date, malformed', {}, put('x-amz-date', 'yesterday'), INCOMPLETE],
    ['X-Amz-Date, twice', {}, twice('x-amz-date'), INCOMPLETE],
    ['X-Amz-Date, gone', {}, drop('x-amz-date'), INCOMPLETE],
    ['X-Amz-Date, huge', {}, put('x-amz-date', HUGE), INCOMPLETE],
    [
      'X-Amz-Content-Sha256 of another body',
      { headers: { 'x-amz-content-sha256': createHash('sha256').digest('hex') } },
      asIs,
      INVALID,
    ],
    [
      'a header that is covered, and not there',
      { headers: { 'x-note': 'n' } },
      drop('x-note'),
      INVALID,
    ],
    ['Content-Type, another', {}, put('content-type', 'application/json; a=b'), INVALID],
    ['body, another', {}, withBody('{"amount":2}'), INVALID],
    ['body, longer', {}, withBody(`${BODY} `), INVALID],
    ['body, compressed on the way', {}, compress, UNREADABLE],
    ['made an hour ago', { at: new Date(Date.now() - hour * 1000) }, asIs, EXPIRED],
    ['made in an hour', { at: new Date(Date.now() + hour * 1000) }, asIs, EXPIRED],
  ])('refuses a signature of AWS with %s', async (_what, plan, tamper, expected) => {
    const made = { target: '/aws4', body: BODY, ...plan };
    const sent = signedAsAws(issued.apiKey.id, issued.signingSecret, made);
    const answer = await transmit(portOf(api), tamper(sent));
    expect(handled).toBe(0);
    if (expected === UNREADABLE) expect([400, 401, 415]).toContain(answer.status);
    else expect(await refusal(Promise.resolve(answer))).toEqual(expected);
  });

  it('refuses a signature of AWS by a key of another client, or under its name', async () => {
    const made = { target: '/aws4', body: BODY };
    const mixed = signedAsAws(foreign.apiKey.id, issued.signingSecret, made);
    expect(await refusal(transmit(portOf(api), mixed))).toEqual(INVALID);
    const renamed = edit('authorization', (value) =>
      value.replace(issued.apiKey.id, foreign.apiKey.id),
    )(signedAsAws(issued.apiKey.id, issued.signingSecret, made));
    expect(await refusal(transmit(portOf(api), renamed))).toEqual(INVALID);
  });

  it('takes a signature of AWS in chunks for the same body, and for no other', async () => {
    const made = { target: '/aws4', body: BODY };
    const sign = () => signedAsAws(issued.apiKey.id, issued.signingSecret, made);
    const flipped = withBody('{"amount":2}')(sign());
    expect(await refusal(transmit(portOf(api), flipped, 3))).toEqual(INVALID);
    const later = signedAsAws(issued.apiKey.id, issued.signingSecret, {
      ...made,
      at: new Date(Date.now() + 2000),
    });
    expect((await transmit(portOf(api), later, 3)).status).toBe(201);
  });

  it('refuses a proof of the app’s secret that is huge, doubled, of another algorithm or key', async () => {
    const token = await ownToken(api.app, { clientId: 'shop', user: 'alice', scope: 'a:read' });
    const by = ({ apiKey, signingSecret }: IssuedApiKey, algorithm = 'sha256') => {
      const secret = Buffer.from(signingSecret ?? '', 'base64url');
      return `${apiKey.id}.${createHmac(algorithm, secret).update(token).digest('hex')}`;
    };
    const get = (...proofs: readonly string[]) =>
      refusal(
        api.get('/proven', [
          ['Authorization', `Bearer ${token}`],
          ...proofs.map((proof) => ['X-App-Secret-Proof', proof] as const),
        ]),
      );
    expect(await get(`${issued.apiKey.id}.${HUGE}`)).toEqual(MALFORMED);
    expect(await get(by(issued), by(issued))).toEqual(REPEATED);
    expect(await get(by(issued, 'sha512'))).toEqual(MALFORMED);
    expect(await get(by(issued, 'sha512').slice(0, 81))).toEqual(INVALID);
    expect(await get(by({ ...foreign, apiKey: issued.apiKey }))).toEqual(INVALID);
    expect(await get(`${by(issued)}, ${by(issued)}`)).toEqual(MALFORMED);
    expect(await get(by(issued).toUpperCase())).toEqual(MALFORMED);
  });

  it('refuses a certificate that its sender writes by itself, well or badly [C93]', async () => {
    const cnf = { 'x5t#S256': certificate.thumbprint };
    const token = await ownToken(api.app, { clientId: 'shop', scope: 'a:read', cnf });
    const authorization = ['Authorization', `Bearer ${token}`] as const;
    const values = [certificate.header, 'garbage', `:${HUGE}:`, ''];
    for (const lines of [
      [],
      ...values.map((value) => [['Client-Cert', value] as const]),
      ...values.map((value) => [['Client-Cert-Chain', value] as const]),
      [['Client-Cert', certificate.header] as const, ['Client-Cert', certificate.header] as const],
    ]) {
      expect(await refusal(api.get('/bound', [authorization, ...lines]))).toEqual([
        401,
        'ERR_TOKEN_BOUND',
      ]);
    }
  });

  it('refuses a DPoP proof beside a token of another client, or signed by its key', async () => {
    const [own, other] = [await ProofMaker.create(), await ProofMaker.create()];
    const token = await BoundToken.create(api.app, own, { clientId: 'shop', scope: 'a:read' });
    const foreignToken = await BoundToken.create(api.app, other, {
      clientId: 'other',
      scope: 'a:read',
    });
    for (const proof of [
      await foreignToken.proof('/bound'),
      await token.proof('/bound', { ath: 'x' }),
    ]) {
      expect(await refusal(api.get('/bound', token.headers(proof)))).toEqual([
        401,
        'ERR_DPOP_PROOF_INVALID',
      ]);
    }
    expect((await api.get('/bound', token.headers(await token.proof('/bound')))).status).toBe(200);
  });
});

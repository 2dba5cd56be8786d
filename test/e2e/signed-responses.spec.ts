import { createPublicKey, hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ConflictException, Controller, Get, Post, Res, StreamableFile } from '@nestjs/common';
import {
  SignedRequest,
  SignedResponse,
  SigningKeyService,
  type IssuedApiKey,
} from '@sallyport/nest';
import { httpbis, createVerifier } from 'http-message-signatures';
import { fieldsOf, type RequestMessage } from '../../libs/sallyport/src/signatures/http-message.js';
import {
  isSignatureOf,
  type SignatureKey,
} from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import { signatureBase } from '../../libs/sallyport/src/signatures/signature-base.js';
import { readSignatures } from '../../libs/sallyport/src/signatures/signature-input.js';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { issueKey, register } from '../support/cast.js';
import {
  hmacKey,
  portOf,
  PUBLIC_ORIGIN,
  signed,
  transmit,
  type Sent,
  type SignedAnswer,
} from '../support/signed-requests.js';

interface Answering {
  send(body: string): unknown;
}

@Controller()
@SignedResponse()
class SignedController {
  @Post('signed') @SignedRequest() signed() {
    return { answer: 42 };
  }
  @Get('plain') plain() {
    return 'hello';
  }
  @Get('nothing') nothing(): void {
    return;
  }
  @Get('stream') stream() {
    return new StreamableFile(Readable.from(['one ', 'two ', 'three']));
  }
  @Get('self') self(@Res() response: Answering) {
    response.send('by myself');
  }
  @Get('conflict') conflict() {
    throw new ConflictException('taken');
  }
}

/** Whether the answer is signed by this key, over what it is and what it answers. */
function isOurs(
  answer: SignedAnswer,
  sent: Pick<Sent, 'method' | 'target' | 'headers'>,
  key: SignatureKey,
): boolean {
  const { method, target, headers } = sent;
  const fields = fieldsOf(headers.flat());
  const authority = new URL(PUBLIC_ORIGIN).host;
  const request: RequestMessage = { method, target, scheme: 'https', authority, fields };
  const { 'signature-input': input = '', signature = '' } = answer.headers;
  const [presented] = readSignatures(input, signature);
  if (presented === undefined) return false;
  const response = { status: answer.status, fields: fieldsOf(answer.rawHeaders), request };
  const base = signatureBase(presented.components, presented.serialized, response);
  return base !== null && isSignatureOf(base, presented.signature, key);
}

describeOnAdapters('A signed response', (start) => {
  let api: TestApi;
  let issued: IssuedApiKey;
  beforeEach(async () => {
    api = await start({ controllers: [SignedController] });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop', { signing: true });
  });

  const ask = async (path: string) => {
    const headers = [
      ['Host', 'backend.internal:3000'],
      ['X-API-Key', issued.plaintext],
    ] as const;
    const sent = { method: 'GET', target: path, headers, body: Buffer.alloc(0) };
    return { sent, answer: await transmit(portOf(api), sent) };
  };
  const ownKey = async (): Promise<{ readonly kid: string; readonly key: SignatureKey }> => {
    const { kid, privateKey } = await api.app.get(SigningKeyService).activeKey();
    return {
      kid,
      key: { algorithm: 'ecdsa-p256-sha256', key: createPublicKey(privateKey) },
    };
  };
  const digestOf = (content: Buffer) => `sha-256=:${hash('sha256', content, 'base64')}:`;

  it('is signed by the secret that signed the request, and bound to its signature', async () => {
    const key = hmacKey(issued.signingSecret);
    const plan = { body: '{"a":1}', target: '/signed?b=2' };
    const sent = signed(key, issued.apiKey.id, plan);
    const answer = await transmit(portOf(api), sent);
    expect(answer.body).toEqual({ answer: 42 });
    expect(answer.headers['signature-input']).toContain(`keyid="${issued.apiKey.id}"`);
    expect(answer.headers['signature-input']).toContain('"signature";req;key="sig1"');
    expect(answer.headers['signature-input']).toContain('"content-digest";req');
    expect(answer.headers['content-digest']).toBe(digestOf(answer.content));
    expect(isOurs(answer, sent, key)).toBe(true);
    const another = signed(key, issued.apiKey.id, plan);
    expect(isOurs(answer, another, key)).toBe(false);
    expect(isOurs({ ...answer, status: 200 }, sent, key)).toBe(false);
  });

  it.each([
    ['/plain', 200, 'hello'],
    ['/nothing', 200, ''],
    ['/stream', 200, 'one two three'],
    ['/self', 200, 'by myself'],
  ])('is signed by our own key where no secret is known: %s', async (path, status, body) => {
    const { sent, answer } = await ask(path);
    const { kid, key } = await ownKey();
    expect(answer.status).toBe(status);
    expect(answer.content.toString()).toBe(body);
    expect(answer.headers['signature-input']).toContain(`keyid="${kid}"`);
    expect(answer.headers['content-digest']).toBe(digestOf(answer.content));
    expect(answer.headers['cache-control']).toContain('no-transform');
    expect(isOurs(answer, sent, key)).toBe(true);
    expect(isOurs(answer, { ...sent, target: '/other' }, key)).toBe(false);
  });

  it('is signed too when the handler refuses', async () => {
    const { sent, answer } = await ask('/conflict');
    expect(answer.status).toBe(409);
    expect(isOurs(answer, sent, (await ownKey()).key)).toBe(true);
  });

  it('verifies with http-message-signatures', async () => {
    const { sent, answer } = await ask('/plain?a=1');
    const { key } = await ownKey();
    const verify = createVerifier(key.key, 'ecdsa-p256-sha256');
    const request = {
      method: 'GET',
      url: `${PUBLIC_ORIGIN}${sent.target}`,
      headers: Object.fromEntries(sent.headers),
    };
    const headers = answer.headers as Record<string, string>;
    const config = { keyLookup: () => Promise.resolve({ verify }) };
    const response = { status: answer.status, headers };
    expect(await httpbis.verifyMessage(config, response, request)).toBe(true);
  });

  it('is cut off where it is too long to be held, and never told in part', async () => {
    api = await start({ controllers: [SignedController], options: { maxSignedBodyBytes: 8 } });
    await register(api.app, 'shop', ['a:read']);
    issued = await issueKey(api.app, 'shop');
    expect((await ask('/plain')).answer.status).toBe(200);
    for (const path of ['/stream', '/self'])
      await expect(ask(path)).rejects.toThrow('socket hang up');
  });
});

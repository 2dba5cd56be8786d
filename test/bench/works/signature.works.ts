import { createHmac, createSecretKey, generateKeyPairSync, hash, verify } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { createVerifier, httpbis } from 'http-message-signatures';
import { SystemClock } from '../../../libs/sallyport/src/clock.js';
import { ACCESS_TOKEN_OPTIONS } from '../../../libs/sallyport/src/credentials/bearer/access-token.options.js';
import { extractSignature } from '../../../libs/sallyport/src/credentials/signature/extract-signature.js';
import { SignatureVerifier } from '../../../libs/sallyport/src/credentials/signature/signature.verifier.js';
import { Signers } from '../../../libs/sallyport/src/credentials/signature/signers.js';
import { ReplayStore } from '../../../libs/sallyport/src/ephemeral/replay.store.js';
import { ApiKeyService, ClientService } from '../../../libs/sallyport/src/index.js';
import { SystemRandomness } from '../../../libs/sallyport/src/randomness.js';
import type { AdapterRequest } from '../../../libs/sallyport/src/request/adapter-request.js';
import { ReceivedBody } from '../../../libs/sallyport/src/request/received-body.js';
import { RequestMessages } from '../../../libs/sallyport/src/request/request-messages.js';
import type { SignatureKey } from '../../../libs/sallyport/src/signatures/signature-algorithms.js';
import { USUAL_DEMAND } from '../../../libs/sallyport/src/signatures/signature-demand.js';
import { hmacKey, PUBLIC_ORIGIN, signed, type Sent } from '../../support/signed-requests.js';
import { guardedContext, registerClient } from '../apps/app-context.js';
import { BY, CLIENT } from '../apps/names.js';
import { each, type Work } from './work.js';

const REQUESTS = 512;
const BODY = JSON.stringify({
  number: 'A-1',
  department: 'Finance',
  amountCents: 4200,
  currency: 'EUR',
});

/** What is measured is verifying: a nonce costs one call of whatever store there is. */
class EveryNonce extends ReplayStore {
  claim(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

interface Signing {
  readonly app: INestApplication;
  readonly key: SignatureKey;
  readonly requests: readonly Sent[];
}

function sign(key: SignatureKey, keyid: string): readonly Sent[] {
  const headers = [
    ['User-Agent', 'Partner/1.0'],
    ['Accept', 'application/json'],
    ['Accept-Encoding', 'gzip'],
  ] as const;
  const plan = { target: '/v1/partner/invoices', body: BODY, headers };
  const created = Math.floor(Date.now() / 1000);
  return Array.from({ length: REQUESTS }, () =>
    signed(key, keyid, { ...plan, parameters: { created } }),
  );
}

async function byHmac(): Promise<Signing> {
  const app = await guardedContext(null);
  await registerClient(app);
  const input = { clientId: CLIENT, name: 'bench', preset: 'admin', signing: true } as const;
  const { apiKey, signingSecret } = await app.get(ApiKeyService).issue(input, BY);
  const key = hmacKey(signingSecret);
  return { app, key, requests: sign(key, apiKey.id) };
}

async function byEd25519(): Promise<Signing> {
  const app = await guardedContext(null);
  await registerClient(app);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] };
  await app.get(ClientService).update(CLIENT, { jwks }, BY);
  const requests = sign({ algorithm: 'ed25519', key: privateKey }, `${CLIENT}/k`);
  return { app, key: { algorithm: 'ed25519', key: publicKey }, requests };
}

/** From the lines of the request, and the bytes of its body, to whose it is. */
async function ours({ app, requests }: Signing): Promise<Work> {
  const verifier = new SignatureVerifier(
    app.get(Signers),
    new EveryNonce(),
    new SystemClock(),
    new SystemRandomness(),
    app.get(ACCESS_TOKEN_OPTIONS),
  );
  const messages = app.get(RequestMessages);
  const received = requests.map(({ method, target, headers, body }) => {
    const rawHeaders = [...headers.flat(), 'Content-Length', String(body.length)];
    const raw = {
      method,
      url: target,
      rawHeaders,
      headers: {},
      socket: {},
      once() {},
      push: () => true,
    };
    const request = raw as unknown as AdapterRequest;
    ReceivedBody.keep(request, body.length);
    request.push(body);
    request.push(null);
    return request;
  });
  const work = each(received, async (request) => {
    const credential = extractSignature(request, messages.of(request), USUAL_DEMAND);
    if (credential === null) throw new Error('the request is not signed');
    await verifier.verify(credential, '127.0.0.1');
  });
  return { work, inFlight: null, close: () => app.close() };
}

const dataOf = ({ headers }: Sent): Buffer => {
  const input = headers.find(([name]) => name === 'Signature-Input')?.[1] ?? '';
  const lines = [
    'POST',
    new URL(PUBLIC_ORIGIN).host,
    '/v1/partner/invoices',
    '?',
    ''.padEnd(60),
    'application/json',
  ];
  return Buffer.from(`${lines.map((line) => `"@authority": ${line}`).join('\n')}${input}`);
};
const signatureOf = ({ headers }: Sent): Buffer => {
  const value = headers.find(([name]) => name === 'Signature')?.[1] ?? '';
  return Buffer.from(value.slice('sig1=:'.length, -1), 'base64');
};

export const hmacSigned = async (): Promise<Work> => ours(await byHmac());
export const ed25519Signed = async (): Promise<Work> => ours(await byEd25519());

/** One HMAC over as many bytes as there are to be signed, and one SHA-256 of the body. */
export async function rawHmac(): Promise<Work> {
  const { app, key, requests } = await byHmac();
  const parts = requests.map((sent) => ({ data: dataOf(sent), body: sent.body }));
  const work = each(parts, ({ data, body }) => {
    hash('sha256', body, 'buffer');
    createHmac('sha256', key.key).update(data).digest();
  });
  return { work, inFlight: null, close: () => app.close() };
}

export async function rawEd25519(): Promise<Work> {
  const { app, key, requests } = await byEd25519();
  const parts = requests.map((sent) => ({ data: dataOf(sent), signature: signatureOf(sent) }));
  const work = each(parts, ({ data, signature }) => verify(null, data, key.key, signature));
  return { work, inFlight: null, close: () => app.close() };
}

/** http-message-signatures, with a key that is made once, and no digest of the body. */
export async function otherHmac(): Promise<Work> {
  const { app, key, requests } = await byHmac();
  const check = createVerifier(createSecretKey(key.key.export()), 'hmac-sha256');
  const config = { keyLookup: () => Promise.resolve({ verify: check }) };
  const messages = requests.map(({ method, target, headers }) => ({
    method,
    url: `${PUBLIC_ORIGIN}${target}`,
    headers: Object.fromEntries(headers),
  }));
  const work = each(messages, async (message) => {
    if ((await httpbis.verifyMessage(config, message)) !== true) throw new Error('refused');
  });
  return { work, inFlight: null, close: () => app.close() };
}

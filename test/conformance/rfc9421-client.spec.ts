import { KeyObject } from 'node:crypto';
import { createClient, type SigningKey } from '@sallyport/client';
import { fieldsOf } from '../../libs/sallyport/src/signatures/http-message.js';
import { isSignatureOf } from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import { signatureBase } from '../../libs/sallyport/src/signatures/signature-base.js';
import { readSignatures } from '../../libs/sallyport/src/signatures/signature-input.js';

const { subtle } = crypto;
const usages = ['sign', 'verify'] as const;
const keys = {
  'hmac-sha256': async () => {
    const key = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, [...usages]);
    return { privateKey: key, publicKey: key };
  },
  ed25519: () => subtle.generateKey('Ed25519', true, [...usages]) as Promise<Pair>,
  'ecdsa-p256-sha256': () =>
    subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [...usages]),
} as const;
type Pair = Awaited<ReturnType<(typeof keys)['hmac-sha256']>>;

const messages = [
  ['GET', '/', undefined],
  ['DELETE', '/a%20b/%C3%A9?x=%2F&x=2', undefined],
  ['POST', '/a?', '{"a":"é"}'],
  ['PUT', '/a/../b?q=1#part', ''],
] as const;
const cases = (['hmac-sha256', 'ed25519', 'ecdsa-p256-sha256'] as const).flatMap((algorithm) =>
  messages.map((message) => [algorithm, ...message] as const),
);

describe('RFC 9421: what the client signs', () => {
  it.each(cases)(
    '§2.5 is what the server verifies: %s, %s %s',
    async (algorithm, method, target, body) => {
      const { privateKey, publicKey } = await keys[algorithm]();
      const signature: SigningKey = { keyId: 'app/1', algorithm, key: privateKey };
      let request = new Request('https://api.test');
      const client = createClient({
        origin: 'https://api.test',
        signature,
        fetch: (url, init) => {
          request = new Request(url, init);
          return Promise.resolve(new Response());
        },
      });
      await client.fetch(target, { method, ...(body === undefined ? {} : { body }) });
      const { host, pathname, search, href } = new URL(request.url);
      const value = (name: string) => request.headers.get(name) ?? '';
      const [presented] = readSignatures(value('signature-input'), value('signature'));
      const isBare = href.replace(/#.*$/, '').endsWith('?');
      const base = signatureBase(presented!.components, presented!.serialized, {
        method,
        scheme: 'https',
        authority: host,
        target: `${pathname}${isBare ? '?' : search}`,
        fields: fieldsOf([...request.headers].flat()),
      });
      const key = { algorithm, key: KeyObject.from(publicKey) };
      expect(isSignatureOf(base!, presented!.signature, key)).toBe(true);
      expect(isSignatureOf(`${base!} `, presented!.signature, key)).toBe(false);
    },
  );
});

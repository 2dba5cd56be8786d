import type { OutgoingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyDirectory } from '../../api-keys/api-key.directory.js';
import { SigningSecrets } from '../../api-keys/signing-secret.js';
import { Clock } from '../../clock.js';
import { SallyportError } from '../../errors.js';
import type { Caller } from '../../principals/caller.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import type { Finish } from '../../request/held-response.js';
import { RequestMessages } from '../../request/request-messages.js';
import { REQUEST_OPTIONS, type ResolvedRequestOptions } from '../../request/request.options.js';
import { component, type Component } from '../../signatures/component.js';
import { contentDigest } from '../../signatures/content-digest.js';
import { fieldsOf, type Fields, type RequestMessage } from '../../signatures/http-message.js';
import { signMessage } from '../../signatures/sign-message.js';
import type { SignatureAlgorithm, SignatureKey } from '../../signatures/signature-algorithms.js';
import type { SignatureDemand } from '../../signatures/signature-demand.js';
import { SigningKeyService } from '../../signing-keys/signing-key.service.js';
import { extractSignature } from './extract-signature.js';

const LABEL = 'sig';
const OF_REQUEST = ['@method', '@authority', '@path', '@query'].map((name) =>
  component(name, { req: true }),
);

/** Of our signing keys, those whose algorithm RFC 9421 §3.3 has a name for. */
const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  ES256: 'ecdsa-p256-sha256',
  EdDSA: 'ed25519',
};

interface NamedKey {
  readonly keyid: string;
  readonly key: SignatureKey;
}

/** Signs what we answer, so that its reader knows that it is ours, unchanged, and the answer to that very request. */
@Injectable()
export class ResponseSigner {
  constructor(
    private readonly messages: RequestMessages,
    private readonly apiKeys: ApiKeyDirectory,
    private readonly secrets: SigningSecrets,
    private readonly signingKeys: SigningKeyService,
    private readonly clock: Clock,
    @Inject(REQUEST_OPTIONS) private readonly options: ResolvedRequestOptions,
  ) {}

  get maxBytes(): number {
    return this.options.maxSignedBodyBytes;
  }

  /**
   * By the secret of the API key that signed the request, else by our current signing key; bound to that signature
   * which was demanded, whatever others a proxy has added. Rejects with
   * ERR_OPTIONS_INVALID when that is an RSA key, ERR_KEYS_UNAVAILABLE without any.
   */
  async finish(
    request: AdapterRequest,
    caller: Caller | undefined,
    demand: SignatureDemand,
  ): Promise<Finish> {
    const { keyid, key } = (await this.keyOf(caller)) ?? (await this.ownKey());
    const message = this.messages.of(request);
    const isSigned = caller?.credentials.some((credential) => credential.isSigned) ?? false;
    const signature = isSigned ? extractSignature(request, message, demand) : null;
    const bound = [...OF_REQUEST, ...boundTo(message, signature?.presented.label ?? null)];
    return (response, content) => {
      const digest = contentDigest(content);
      const fields = fieldsWith(response.getHeaders(), digest);
      const type = fields.has('content-type') ? ['content-type'] : [];
      const own = ['@status', 'content-digest', ...type].map((name) => component(name));
      const signed = signMessage(
        { status: response.statusCode, fields, request: message },
        LABEL,
        [...own, ...bound],
        { created: Math.floor(this.clock.milliseconds() / 1000), keyid, alg: key.algorithm },
        key,
      );
      // RFC 9111 §5.2.2.6: whoever compresses it on the way would make another content of it.
      const added = { 'Content-Digest': digest, ...signed, ...unlessCached(response.getHeaders()) };
      for (const [name, value] of Object.entries(added)) response.setHeader(name, value);
      return content;
    };
  }

  private async keyOf(caller: Caller | undefined): Promise<NamedKey | null> {
    const signer = caller?.credentials.find(({ kind, isSigned }) => kind === 'api-key' && isSigned);
    if (signer === undefined || signer.id === null) return null;
    const apiKey = await this.apiKeys.find(signer.id);
    const key = apiKey === null ? null : this.secrets.of(apiKey);
    return key === null ? null : { keyid: signer.id, key: { algorithm: 'hmac-sha256', key } };
  }

  private async ownKey(): Promise<NamedKey> {
    const { kid, algorithm: jws, privateKey } = await this.signingKeys.activeKey();
    const algorithm = ALGORITHMS[jws];
    if (algorithm === undefined) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: '@SignedResponse() needs signingKeys.algorithm ES256 or EdDSA',
      });
    }
    return { keyid: kid, key: { algorithm, key: privateKey } };
  }
}

/** RFC 9421 §2.4: to the very request, by what it was signed with and by its content. */
function boundTo({ fields }: RequestMessage, label: string | null): readonly Component[] {
  const content = fields.has('content-digest') ? [component('content-digest', { req: true })] : [];
  const signature = label === null ? [] : [component('signature', { req: true, key: label })];
  return [...content, ...signature];
}

function fieldsWith(headers: OutgoingHttpHeaders, digest: string): Fields {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((line) => [name, String(line)]),
  );
  return fieldsOf([...lines, 'content-digest', digest]);
}

function unlessCached(headers: OutgoingHttpHeaders): Readonly<Record<string, string>> {
  const said = headers['cache-control'];
  const directives = said === undefined ? '' : `${said}, `;
  return directives.includes('no-transform')
    ? {}
    : { 'Cache-Control': `${directives}no-transform` };
}

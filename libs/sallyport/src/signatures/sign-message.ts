import type { Component } from './component.js';
import type { HttpMessage } from './http-message.js';
import { signBase, type SignatureKey } from './signature-algorithms.js';
import { signatureBase } from './signature-base.js';
import type { SignatureParameters } from './presented-signature.js';
import { serializeDictionary, serializeInnerList, type BareItem } from './structured-fields.js';

/** The two fields that make a message a signed one (RFC 9421 §4). */
export interface SignatureFields {
  readonly 'Signature-Input': string;
  readonly Signature: string;
}

/** Signs a message under `label`. Throws a TypeError when it has not got what is to be covered. */
export function signMessage(
  message: HttpMessage,
  label: string,
  components: readonly Component[],
  parameters: Partial<SignatureParameters>,
  key: SignatureKey,
): SignatureFields {
  const serialized = serializedParameters(components, parameters);
  const base = signatureBase(components, serialized, message);
  if (base === null) throw new TypeError('the message has not got what is to be signed');
  const signature = signBase(base, key);
  return {
    'Signature-Input': `${label}=${serialized}`,
    Signature: serializeDictionary(new Map([[label, [signature, new Map()]]])),
  };
}

/** The value of `@signature-params` (RFC 9421 §2.3), for whoever signs or asks to be sent a signature. */
export function serializedParameters(
  components: readonly Component[],
  parameters: { readonly [Name in keyof SignatureParameters]?: BareItem | null },
): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, BareItem] => entry[1] !== null,
  );
  const list = serializeInnerList([[], new Map(given)]).slice('()'.length);
  return `(${components.map(({ identifier }) => identifier).join(' ')})${list}`;
}

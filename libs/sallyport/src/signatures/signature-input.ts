import { componentOf } from './component.js';
import { UsualSignatures } from './usual-signature.js';
import { malformed } from './malformed.js';
import type { PresentedSignature } from './presented-signature.js';
import {
  bytesOf,
  isInnerList,
  readDictionary,
  serializeInnerList,
  type BareItem,
  type InnerList,
} from './structured-fields.js';

const MAX_FIELD_LENGTH = 8192;
const MAX_SIGNATURES = 8;
const MAX_COMPONENTS = 64;
const MAX_TEXT_LENGTH = 256;

const usualSignatures = new UsualSignatures();

const NUMBERS = ['created', 'expires'];
const TEXTS = ['nonce', 'alg', 'keyid', 'tag'];

/**
 * Reads `Signature-Input` and `Signature`. Throws ERR_SIGNATURE_MALFORMED for what is no such pair, for parameters that
 * nobody knows, and for more or longer ones than anyone needs.
 */
export function readSignatures(input: string, signature: string): readonly PresentedSignature[] {
  if (input.length > MAX_FIELD_LENGTH || signature.length > MAX_FIELD_LENGTH) {
    throw malformed('Signature-Input or Signature is too long');
  }
  const usual = usualSignatures.read(input, signature);
  if (usual !== null) return [usual];
  const all = readLongWay(input, signature);
  for (const one of all) usualSignatures.note(one);
  return all;
}

function readLongWay(input: string, signature: string): readonly PresentedSignature[] {
  const inputs = readDictionary(input, 'Signature-Input');
  const signatures = readDictionary(signature, 'Signature');
  if (inputs.size === 0 || inputs.size > MAX_SIGNATURES || signatures.size !== inputs.size) {
    throw malformed('Signature-Input and Signature are not of the same signatures');
  }
  return [...inputs].map(([label, member]) => {
    const value = signatures.get(label);
    const bytes = value === undefined ? null : bytesOf(value[0]);
    if (bytes === null) throw malformed('Signature has no bytes for a label');
    if (!isInnerList(member)) throw malformed('Signature-Input must be lists of components');
    return { label, ...readInput(member), signature: bytes };
  });
}

/** The components and parameters of one member, which is also how `Accept-Signature` speaks. */
function readInput(member: InnerList): Omit<PresentedSignature, 'label' | 'signature'> {
  const [items, parameters] = member;
  if (items.length > MAX_COMPONENTS) throw malformed('too many components');
  const components = items.map(componentOf);
  // RFC 9421 §2.5: each identifier once.
  if (new Set(components.map(({ identifier }) => identifier)).size !== components.length) {
    throw malformed('a component twice');
  }
  for (const [name, value] of parameters) checkParameter(name, value);
  const number = (name: string) => (parameters.get(name) as number | undefined) ?? null;
  const text = (name: string) => (parameters.get(name) as string | undefined) ?? null;
  return {
    components,
    parameters: {
      created: number('created'),
      expires: number('expires'),
      nonce: text('nonce'),
      alg: text('alg'),
      keyid: text('keyid'),
      tag: text('tag'),
    },
    serialized: serializeInnerList(member),
  };
}

function checkParameter(name: string, value: BareItem): void {
  const isNumber = NUMBERS.includes(name) && Number.isInteger(value);
  const isText =
    TEXTS.includes(name) && typeof value === 'string' && value.length <= MAX_TEXT_LENGTH;
  if (!isNumber && !isText)
    throw malformed('a signature parameter that nobody knows, or no value of it');
}

import { component, componentOf, type Component } from './component.js';
import { fieldValue, type RequestMessage } from './http-message.js';
import { serializedParameters } from './sign-message.js';
import { readItem } from './structured-fields.js';
import type { PresentedSignature } from './presented-signature.js';

/** RFC 9421; or, for clients that can do nothing else, Signature Version 4 of AWS. */
export type SignatureScheme = 'rfc9421' | 'aws4-hmac-sha256';

/** What a signed request must look like. */
export interface SignatureDemand {
  readonly scheme: SignatureScheme;
  /** Covered beside what always must be. */
  readonly components: readonly Component[];
  /** How old a signature may be, in seconds. */
  readonly maxAgeSeconds: number;
  /** What the signature must be for (RFC 9421 §2.3, `tag`); null for anything. */
  readonly tag: string | null;
  /** Whether an unsigned request is refused. */
  readonly isRequired: boolean;
}

/** Longer ago than any request takes, and short enough to remember all nonces. */
export const DEFAULT_MAX_AGE_SECONDS = 300;

export const USUAL_DEMAND: SignatureDemand = Object.freeze({
  scheme: 'rfc9421',
  components: Object.freeze([]),
  maxAgeSeconds: DEFAULT_MAX_AGE_SECONDS,
  tag: null,
  isRequired: false,
});

/** Every part of the target; RFC 9421 §7.2.1 names what happens to requests that leave one out. */
const TARGET = ['@method', '@authority', '@path', '@query'].map((name) => component(name));
/** The encoding too: the same bytes are another content under another one. */
const BODY = ['content-digest', 'content-type', 'content-encoding'].map((name) => component(name));
/** So that app and user are bound together: nobody can put this signature beside another's token. */
const AUTHORIZATION = component('authorization');

/** Derived components that say all that others say (RFC 9421 §2.2.2, §2.2.5). */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  '@authority': ['@target-uri'],
  '@scheme': ['@target-uri'],
  '@path': ['@target-uri', '@request-target'],
  '@query': ['@target-uri', '@request-target'],
};

/** A component by its name, or by its whole identifier: `date`, `"@query-param";name="id"`. Throws when it is neither. */
export function demandedComponent(text: string): Component {
  return text.startsWith('"') ? componentOf(readItem(text, 'component')) : component(text);
}

/** What a signature of this request must cover. */
export function demandedOf(
  { components }: SignatureDemand,
  { fields }: RequestMessage,
  hasBody: boolean,
): readonly Component[] {
  const body = hasBody
    ? BODY.filter(({ name }) => name === 'content-digest' || fields.has(name))
    : [];
  const authorization = fields.has('authorization') ? [AUTHORIZATION] : [];
  return [...TARGET, ...body, ...authorization, ...components];
}

/** Whether everything that is demanded is covered: by itself, as bytes, or by something wider. */
export function covers(
  { components }: Pick<PresentedSignature, 'components'>,
  demanded: readonly Component[],
): boolean {
  const identifiers = identifiersOf(components);
  for (const wanted of demanded) {
    if (identifiers.has(wanted.identifier)) continue;
    if (!components.some((given) => isWhole(given, wanted))) return false;
  }
  return true;
}

/** Lists of components are few, and each is the same whoever writes it. */
const known = new WeakMap<readonly Component[], ReadonlySet<string>>();

function identifiersOf(components: readonly Component[]): ReadonlySet<string> {
  const before = known.get(components);
  if (before !== undefined) return before;
  const identifiers = new Set(components.map(({ identifier }) => identifier));
  known.set(components, identifiers);
  return identifiers;
}

function isWhole(given: Component, { name, parameters }: Component): boolean {
  if (parameters !== null) return false;
  if (given.parameters === null) return WIDER[name]?.includes(given.name) ?? false;
  const { key, req } = given.parameters;
  return given.name === name && !name.startsWith('@') && key === null && !req;
}

/** The value of `Accept-Signature` (RFC 9421 §5.1): what would have been enough, with a nonce that is new. */
export function acceptSignature(
  demanded: readonly Component[],
  { tag }: SignatureDemand,
  nonce: string,
): string {
  const parameters = { created: true, nonce, ...(tag !== null && { tag }) };
  return `sig=${serializedParameters(demanded, parameters)}`;
}

/** Whether content comes with the request, by its frames or by what its fields say (RFC 9112 §6.3). */
export function announcesBody({ fields, hasFrames = null }: RequestMessage): boolean {
  if (hasFrames !== null) return hasFrames;
  if (fields.has('transfer-encoding')) return true;
  const length = fieldValue(fields, 'content-length');
  return length !== null && length !== '0';
}

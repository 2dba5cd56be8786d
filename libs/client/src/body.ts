import type { Bytes } from './encoding.js';

/** A body in a form that can be sent again, or a stream, which cannot. */
export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'stream'; readonly stream: ReadableStream }
  | { readonly kind: 'bytes'; readonly bytes: Bytes; readonly type: string | null };

export async function bodyOf(body: RequestInit['body']): Promise<Body> {
  if (body === null || body === undefined) return { kind: 'none' };
  if (body instanceof ReadableStream) return { kind: 'stream', stream: body };
  // As fetch itself would serialise it, with the type that goes with it.
  const serialized = new Response(body);
  const bytes = new Uint8Array(await serialized.arrayBuffer());
  return { kind: 'bytes', bytes, type: serialized.headers.get('content-type') };
}

/** The members of `init` that send it. */
export function initOf(body: Body): RequestInit {
  if (body.kind === 'none') return {};
  if (body.kind === 'bytes') return { body: body.bytes };
  // Node and Chromium want `duplex` for streams.
  return { body: body.stream, duplex: 'half' };
}

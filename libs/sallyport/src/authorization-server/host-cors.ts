/** An answer of Express, or of Fastify with the raw one behind it. */
interface Answer {
  readonly raw?: Answer;
  getHeaders(): Readonly<Record<string, unknown>>;
  removeHeader(name: string): void;
}

/**
 * Takes back what CORS of the host has allowed (`enableCors`): no page of another origin reads ours (RFC 9700 §2.6),
 * and the engine, which leaves CORS to whoever has begun with it, asks again which origins the client registered.
 */
export function withdrawHostCors(response: object): void {
  const answer = response as Answer;
  for (const part of answer.raw === undefined ? [answer] : [answer, answer.raw]) {
    for (const name of Object.keys(part.getHeaders())) {
      if (name.toLowerCase().startsWith('access-control-')) part.removeHeader(name);
    }
  }
}

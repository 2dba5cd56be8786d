/** What a server refused, as it said it: RFC 9457, or the error of a token endpoint (RFC 6749 §5.2). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  private constructor(
    readonly status: number,
    /** What to branch on: `urn:sallyport:problem:…`; `about:blank` where the body names none (RFC 9457 §4.2.1). */
    readonly type: string,
    /** `error` of a token endpoint, `invalid_grant` for instance; else null. */
    readonly code: string | null,
    title: string,
    readonly detail: string | null,
    readonly response: Response,
  ) {
    super(title);
  }

  /** `response` can still be read. */
  static async of(response: Response): Promise<ProblemError> {
    const body = await membersOf(response);
    const text = (name: string) => (typeof body[name] === 'string' ? body[name] : null);
    return new ProblemError(
      response.status,
      text('type') ?? 'about:blank',
      text('error'),
      text('title') ?? text('error_description') ?? `the server answered ${response.status}`,
      text('detail'),
      response,
    );
  }
}

async function membersOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const type = response.headers.get('content-type') ?? '';
  if (!/^application\/(problem\+)?json\b/i.test(type)) return {};
  try {
    const body: unknown = await response.clone().json();
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The response if it is a 2xx; else rejects with a ProblemError. */
export async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw await ProblemError.of(response);
}

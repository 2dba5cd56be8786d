import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { createLog, requestLog } from './request-log.js';

describe('requestLog', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });

  beforeEach(() => lines.splice(0));

  /** Sends one request through the middleware, answers it, and returns the response. */
  function serve(url: string, headers: Record<string, string>): ServerResponse {
    const request = new IncomingMessage(new Socket());
    Object.assign(request, { url, method: 'GET', headers });
    const response = new ServerResponse(request);
    requestLog(log)(request, response, () => undefined);
    response.emit('finish');
    return response;
  }

  it('logs method, path and status, and no credential [C37]', () => {
    serve('/v1/invoices?api_key=in-the-url', {
      authorization: 'Bearer in-authorization',
      'x-api-key': 'in-the-header',
      cookie: 'session=in-the-cookie',
      referer: 'https://app.test/?token=in-the-referer',
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      req: { method: 'GET', path: '/v1/invoices' },
      res: { statusCode: 200 },
    });
    expect(lines[0]).not.toContain('in-');
  });

  it('strikes credentials out of whatever else is logged with headers', () => {
    const proofs = { dpop: 's3cret', signature: 's3cret', 'x-app-secret-proof': 's3cret' };
    const headers = { authorization: 's3cret', ...proofs };
    log.info({ headers, upstream: { headers: { cookie: 's3cret', ...proofs } } });
    expect(lines[0]).not.toContain('s3cret');
    expect(lines[0]).toContain('[redacted]');
  });

  it('takes over a sound request id and answers with it', () => {
    const response = serve('/', { 'x-request-id': 'abc-123' });
    expect(response.getHeader('x-request-id')).toBe('abc-123');
    expect(lines[0]).toContain('"abc-123"');
  });

  it.each(['', 'a b', 'a"b', 'x'.repeat(65), 'a\nb'])('makes its own instead of %j', (given) => {
    const response = serve('/', { 'x-request-id': given });
    expect(response.getHeader('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

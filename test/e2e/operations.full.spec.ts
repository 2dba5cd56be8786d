import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoutePolicies } from '@sallyport/nest';
import {
  adapters,
  embeddedStores,
  startReferenceApi,
  type RunningApi,
} from '../support/reference-api.js';
import { inTime } from '../support/stopwatch.js';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly Record<string, readonly string[]>[];
}

describe.each(adapters)('Operating the reference API on %s', (adapter) => {
  let api: RunningApi;
  beforeAll(async () => {
    api = await startReferenceApi(adapter, embeddedStores);
  });
  afterAll(() => api.close());

  describe('/docs', () => {
    it('describes every route but its own, with the credentials that open it', async () => {
      const { status, body } = await api.call('/docs/openapi.json');
      expect(status).toBe(200);
      expect(body.components.securitySchemes).toEqual({
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        dpop: { type: 'http', scheme: 'dpop', bearerFormat: 'JWT' },
        signature: {
          ...{ type: 'apiKey', in: 'header', name: 'Signature' },
          description: 'HTTP message signature (RFC 9421) with Signature-Input and Content-Digest.',
        },
      });
      const operations = Object.values(body.paths as Record<string, Record<string, Operation>>)
        .flatMap((path) => Object.values(path))
        .map(
          ({ operationId, security }) => [operationId.replace(/\[\d+\]$/, ''), security] as const,
        );
      const described = new Map(operations);
      const policies = api.app.get(RoutePolicies).list();
      const undescribed = policies
        .filter(({ route }) => !described.has(route))
        .map(({ route }) => route.split('.')[0]);
      expect(new Set(undescribed)).toEqual(new Set(['DocsController']));
      for (const { route, isPublic } of policies) {
        if (described.has(route))
          expect([route, described.get(route)?.length === 0]).toEqual([route, isPublic]);
      }
      expect(described.get('InvoicesController.approve')).toEqual([
        { apiKey: ['invoices:approve'], bearer: ['invoices:approve'] },
      ]);
      expect(described.get('PartnerInvoicesController.create')).toEqual([
        { signature: ['invoices:write'] },
      ]);
    });

    it('is a page that runs its own scripts only', async () => {
      const response = await fetch(`${api.url}/docs`);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('content-security-policy')).toMatch(/script-src 'self';/);
      const html = await response.text();
      const assets = Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), ([, path = '']) => path);
      expect(assets).toHaveLength(4);
      for (const path of assets) expect((await fetch(`${api.url}${path}`)).status).toBe(200);
      for (const path of ['/docs/assets/package.json', '/docs/assets/..%2fpackage.json']) {
        expect((await fetch(`${api.url}${path}`)).status).toBe(404);
      }
    });
  });

  it('is alive and ready, without a credential', async () => {
    expect(await api.call('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await api.call('/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it.each(['/v1/invoices', '/health/live', '/nowhere'])(
    'lets no browser run, frame or keep the answer of %s',
    async (path) => {
      const { headers } = await api.call(path, { key: api.key('nightly-job') });
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-request-id')).toMatch(/^[\w-]{1,64}$/);
    },
  );
});

describe.each(adapters)('Stopping the reference API on %s', (adapter) => {
  it('answers what had begun, takes nothing new, and waits for no idle connection', async () => {
    const api = await startReferenceApi(adapter, embeddedStores);
    const body = JSON.stringify({ department: 'Finance', amountCents: 7, currency: 'EUR' });
    const begun = request(`${api.url}/v1/invoices`, {
      method: 'POST',
      headers: {
        'x-api-key': api.key('backoffice-web'),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    const server = api.app.getHttpServer() as Server;
    const arrived = once(server, 'request');
    begun.write(body.slice(0, 10));
    await arrived;

    let hasClosed = false;
    const closing = api.close().then(() => {
      hasClosed = true;
    });
    while (server.listening) await sleep(10);
    expect(hasClosed).toBe(false);
    await expect(fetch(`${api.url}/health/live`)).rejects.toThrow();

    begun.end(body.slice(10));
    const [response] = (await once(begun, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(201);
    await inTime(2_000, () => closing);
  });
});

import { Controller, Get } from '@nestjs/common';
import { Public, Scopes, type SallyportOptions } from '@sallyport/nest';
import { describeOnAdapters, type TestApi } from '../support/adapters.js';
import { clientWithKey, issueKey } from '../support/cast.js';
import { lastingStores } from '../support/production.js';

let handled = 0;

@Controller()
class DataController {
  @Get('data') @Scopes('a') data() {
    handled += 1;
    return 'data';
  }
  @Public() @Get('open') open() {
    handled += 1;
    return 'open';
  }
}

/** The test connects from loopback; what a trusted proxy there says makes it come from elsewhere. */
const from = (address: string, proto?: string) => ({
  'X-Forwarded-For': address,
  ...(proto === undefined ? {} : { 'X-Forwarded-Proto': proto }),
});
const ELSEWHERE = '198.51.100.7';

describeOnAdapters('HTTPS', (start) => {
  let api: TestApi;
  let key: string;

  const startWith = async (options: Partial<SallyportOptions>) => {
    api = await start({
      controllers: [DataController],
      options: { environment: 'production', trustedProxies: ['127.0.0.1'], ...options },
      override: lastingStores,
    });
    key = await clientWithKey(api.app, 'shop', ['a']);
    handled = 0;
  };
  const get = (headers: Record<string, string>, path = '/data') =>
    api.get(path, { 'X-API-Key': key, ...headers });

  it('is demanded in production: plain http from elsewhere is refused before any credential [C19]', async () => {
    await startWith({});
    for (const path of ['/data', '/open', '/.well-known/jwks.json']) {
      for (const headers of [from(ELSEWHERE), from(ELSEWHERE, 'http')]) {
        const answer = await get(headers, path);
        expect(answer).toMatchObject({
          status: 403,
          body: { type: 'urn:sallyport:problem:https-required' },
        });
        expect(answer.headers['strict-transport-security']).toBeUndefined();
      }
    }
    expect(handled).toBe(0);
  });

  it('is believed of a trusted proxy, and then HSTS says so for a year [C19]', async () => {
    await startWith({});
    const { status, headers } = await get(from(ELSEWHERE, 'https'));
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('is not believed of anyone else [T9]', async () => {
    await startWith({ trustedProxies: [] });
    expect((await get(from(ELSEWHERE, 'https'))).status).toBe(403);
    expect((await get(from('127.0.0.1', 'https'))).status).toBe(403);
    expect((await get({ Forwarded: 'for=127.0.0.1;proto=https' })).status).toBe(403);
    await startWith({});
    expect((await get(from(`127.0.0.1, ${ELSEWHERE}`, 'https, http'))).status).toBe(403);
    expect((await get({ Forwarded: 'for=127.0.0.1;proto=https' })).status).toBe(403);
  });

  it('is read from Forwarded where the proxy writes that [T9]', async () => {
    await startWith({ proxyHeader: 'forwarded' });
    const told = (proto: string) => ({ Forwarded: `for=${ELSEWHERE};proto=${proto}` });
    expect((await get(told('https'))).status).toBe(200);
    expect((await get(told('http'))).status).toBe(403);
    expect((await get(from(ELSEWHERE, 'https'))).status).toBe(403);
  });

  it('is not demanded on loopback, where probes call, and HSTS is not sent there', async () => {
    await startWith({});
    const { status, headers } = await get({});
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it('is not demanded in development', async () => {
    await startWith({ environment: 'development' });
    expect((await get(from(ELSEWHERE))).status).toBe(200);
  });

  it('sends no HSTS where that is switched off', async () => {
    await startWith({ hstsSeconds: 0 });
    const { status, headers } = await get(from(ELSEWHERE, 'https'));
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it("a key bound to addresses is compared with the sender's, not the proxy's [C27]", async () => {
    await startWith({});
    const bound = await issueKey(api.app, 'shop', { addressRanges: ['198.51.100.0/24'] });
    const statusFrom = async (address: string) =>
      (await get({ 'X-API-Key': bound.plaintext, ...from(address, 'https') })).status;
    expect(await statusFrom(ELSEWHERE)).toBe(200);
    expect(await statusFrom(`::ffff:${ELSEWHERE}`)).toBe(200);
    expect(await statusFrom('203.0.113.9')).toBe(401);
    expect(await statusFrom(`${ELSEWHERE}, 203.0.113.9`)).toBe(401);
  });
});

import { makeCertificate, TestAuthority } from '../../../test/support/certificates.js';
import { environmentOf } from './environment.js';
import { SallyportError } from './errors.js';
import { resolveOptions, type SallyportOptions } from './sallyport.options.js';

const lasting = { name: 'test stores', isShared: true, isDurable: true };
const embedded = { name: 'embedded stores', isShared: false, isDurable: true };
const memory = { name: 'memory stores', isShared: false, isDurable: false };
const valid: SallyportOptions = {
  issuer: 'https://api.test/oauth',
  audience: 'https://api.test',
  environment: 'production',
};

function mistakesOf(options: object, stores = lasting): string[] {
  try {
    resolveOptions({ ...valid, ...options }, stores);
    return [];
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    expect(error.code).toBe('ERR_OPTIONS_INVALID');
    return error.message.split('\n- ').slice(1);
  }
}

describe('Options', () => {
  it('need issuer and audience, and nothing else', () => {
    expect(mistakesOf({})).toEqual([]);
  });

  it.each([
    [{ publicOrigin: 'https://api.test/' }, 'publicOrigin'],
    [{ publicOrigin: 'https://api.test/v1' }, 'publicOrigin'],
    [{ publicOrigin: 'http://api.test' }, 'publicOrigin'],
    [{ publicOrigin: 'api.test' }, 'publicOrigin'],
    [{ mtls: 'false' }, 'mtls'],
    [{ mtls: { proxyVerifies: 'no' } }, 'mtls.proxyVerifies'],
    [{ mtls: { proxyVerifies: true, proxyAuthorities: [] } }, 'mtls.proxyAuthorities must'],
    [{ mtls: { proxyVerifies: true, proxyAuthorities: ['PEM'] } }, 'mtls.proxyAuthorities must'],
    [{ dpop: { maxAgeSeconds: -1 } }, 'dpop.maxAgeSeconds'],
  ])('find the mistake in %j', (options, name) => {
    expect(mistakesOf(options)).toEqual([expect.stringContaining(name)]);
  });

  it('name authorities of certificates by proxies that verify, and by certificates of theirs', async () => {
    const { cert } = await TestAuthority.create();
    const proxyAuthorities = [cert];
    expect(mistakesOf({ mtls: { proxyVerifies: true, proxyAuthorities } })).toEqual([]);
    expect(mistakesOf({ mtls: { proxyAuthorities } })).toEqual([
      expect.stringContaining('narrows'),
    ]);
    const nobody = {
      proxyVerifies: true,
      proxyAuthorities: [cert, (await makeCertificate()).cert],
    };
    expect(mistakesOf({ mtls: nobody })).toEqual([expect.stringContaining('must be PEM')]);
  });

  it('take the public origin from the audience where that is a URL, else from the issuer', () => {
    const originOf = (options: object) =>
      resolveOptions({ ...valid, ...options }, lasting).request.publicOrigin;
    expect(originOf({ audience: 'https://api.example:8443/v1' })).toBe('https://api.example:8443');
    expect(originOf({ audience: 'urn:invoices' })).toBe('https://api.test');
    expect(originOf({ publicOrigin: 'https://a.example' })).toBe('https://a.example');
  });

  it('report the mistakes of all parts together', () => {
    const mistakes = mistakesOf(
      {
        issuer: 'http://api.test',
        audience: '',
        environment: 'prod',
        enforce: 'loose',
        deniedObject: 410,
        basic: 'false',
        trustedProxies: ['everywhere'],
        proxyHeader: 'x-real-ip',
        hstsSeconds: 0.5,
        apiKeys: { prefix: '(', lifetimeSeconds: 0 },
        signingKeys: { algorithm: 'HS256' },
        throttling: { client: { reads: { limit: -1, windowSeconds: 60 } } },
        roles: { admin: ['editor'], editor: ['admin'] },
      },
      memory,
    );
    for (const part of [
      'issuer',
      'audience',
      'environment',
      'enforce',
      'deniedObject',
      'basic',
      'trustedProxies',
      'proxyHeader',
      'hstsSeconds',
      'apiKeys.prefix',
      'apiKeys.lifetimeSeconds',
      'signingKeys.algorithm',
      'throttling.client.reads.limit',
      'roles',
      'memory stores',
    ]) {
      expect(mistakes.join('\n')).toContain(part);
    }
  });

  it.each([{ issuer: undefined }, { audience: undefined }, { audience: 7 }, { roles: { a: 'b' } }])(
    'name what is missing or of another type: %j',
    (options) => {
      expect(mistakesOf(options).length).toBeGreaterThan(0);
    },
  );

  it('refuse stores that forget, or that other instances do not see, outside development [T11]', () => {
    expect(mistakesOf({}, memory)).toHaveLength(1);
    expect(mistakesOf({ singleInstance: true }, memory)).toHaveLength(1);
    expect(mistakesOf({ environment: 'development' }, memory)).toEqual([]);
    expect(mistakesOf({}, embedded)).toHaveLength(1);
    expect(mistakesOf({ singleInstance: true }, embedded)).toEqual([]);
  });

  it('are frozen, and leave what was given as it was', () => {
    const given = { ...valid, trustedProxies: ['10.0.0.1'], roles: { viewer: ['a:read'] } };
    const before = structuredClone(given);
    const resolved = resolveOptions(given, lasting);
    expect(given).toEqual(before);
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(Object.isFrozen(resolved.request)).toBe(true);
    given.trustedProxies.push('0.0.0.0/0');
    expect(resolved.request.trustedProxies).toEqual(['10.0.0.1']);
  });

  it('make a realm that cannot end its quotes', () => {
    const { problems } = resolveOptions({ ...valid, audience: 'my "api"\r\nX: 1' }, lasting);
    expect(problems.realm).toBe('myapiX:1');
  });

  it('are those of production unless SALLYPORT_ENV says development, exactly', () => {
    expect(environmentOf({ SALLYPORT_ENV: 'development' })).toBe('development');
    for (const value of [undefined, '', 'Development', 'dev', 'test', 'production']) {
      expect(environmentOf({ SALLYPORT_ENV: value, NODE_ENV: 'development' })).toBe('production');
    }
  });
});

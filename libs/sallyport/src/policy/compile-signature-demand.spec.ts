import { compileSignatureDemand } from './compile-signature-demand.js';
import type { SignedRequestOptions } from './demands.decorator.js';

const compile = (options: SignedRequestOptions | null, wantsApiKey = false) => {
  const mistakes: string[] = [];
  const demand = compileSignatureDemand('Controller.route', options, wantsApiKey, mistakes);
  return { demand, mistakes };
};

describe('What a route demands of signatures', () => {
  it('is nothing where neither a signature nor a key is asked for', () => {
    expect(compile(null).demand).toBeNull();
  });

  it('is the usual where a signature may stand for a key, and none has to come', () => {
    expect(compile(null, true).demand).toMatchObject({ isRequired: false, maxAgeSeconds: 300 });
  });

  it('is what the decorator says', () => {
    const components = ['date', '"@query-param";name="id"'];
    const { demand, mistakes } = compile({ components, maxAgeSeconds: 10, tag: 'invoices' });
    expect(mistakes).toEqual([]);
    expect(demand).toMatchObject({
      scheme: 'rfc9421',
      components: [{ identifier: '"date"' }, { identifier: '"@query-param";name="id"' }],
      maxAgeSeconds: 10,
      tag: 'invoices',
      isRequired: true,
    });
    expect(compile({}).demand).toMatchObject({ components: [], maxAgeSeconds: 300, tag: null });
  });

  it.each<[SignedRequestOptions, string]>([
    [{ maxAgeSeconds: 0 }, 'maxAgeSeconds'],
    [{ maxAgeSeconds: 3601 }, 'maxAgeSeconds'],
    [{ maxAgeSeconds: 1.5 }, 'maxAgeSeconds'],
    [{ tag: '' }, 'tag'],
    [{ tag: 'é' }, 'tag'],
    [{ components: ['Date'] }, '"Date"'],
    [{ components: ['@status'] }, '"@status"'],
    [{ components: ['@query-param'] }, '"@query-param"'],
    [{ components: ['"@method";req'] }, 'req'],
    [{ components: ['"date'] }, 'component'],
    [{ scheme: 'rfc9422' as 'rfc9421' }, 'scheme'],
    [{ scheme: 'aws4-hmac-sha256', components: ['date'] }, 'aws4-hmac-sha256'],
  ])('cannot be %j', (options, word) => {
    const { mistakes } = compile(options);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain('Controller.route');
    expect(mistakes[0]).toContain(word);
  });
});

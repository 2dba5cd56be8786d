import { USUAL_DEMAND } from '../signatures/signature-demand.js';
import { compileEncryptionDemand } from './compile-encryption-demand.js';
import type { EncryptedBodyOptions } from './demands.decorator.js';

const signed = { ...USUAL_DEMAND, isRequired: true };

describe('What @EncryptedBody() demands', () => {
  const compile = (options: EncryptedBodyOptions | null, signature = signed) => {
    const mistakes: string[] = [];
    return { demand: compileEncryptionDemand('Route', options, signature, mistakes), mistakes };
  };

  it.each<[EncryptedBodyOptions | null, object | null]>([
    [null, null],
    [{}, { request: 'required', response: true }],
    [{ request: 'optional' }, { request: 'optional', response: true }],
    [{ request: false }, { request: 'refused', response: true }],
    [{ response: false }, { request: 'required', response: false }],
  ])('%j is %j', (options, demand) => {
    expect(compile(options)).toEqual({ demand, mistakes: [] });
  });

  it('takes encrypted bodies of signed requests only', () => {
    for (const options of [{}, { request: 'optional' }, { response: false }] as const) {
      expect(compile(options, USUAL_DEMAND).mistakes.join()).toContain('add @SignedRequest()');
    }
    expect(compile({ request: false }, USUAL_DEMAND).mistakes).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ request: 'maybe' }, 'request of @EncryptedBody()'],
    [{ response: 'optional' }, 'response of @EncryptedBody()'],
    [{ request: false, response: false }, 'encrypts nothing'],
  ])('%j is a mistake', (options, message) => {
    expect(compile(options as EncryptedBodyOptions).mistakes.join()).toContain(message);
  });
});

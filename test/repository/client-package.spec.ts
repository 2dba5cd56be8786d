import { gzipSync } from 'node:zlib';
import { bundledClient } from '../support/client-bundle.js';
import { readSource } from './source-files.js';

describe('@sallyport/client', () => {
  it('is at most 10 kB, minified and gzipped, and bundles for browsers', async () => {
    const bundle = await bundledClient();
    const { length } = gzipSync(bundle, { level: 9 });
    expect(length).toBeGreaterThan(1000);
    expect(length).toBeLessThanOrEqual(10_000);
    expect(bundle).not.toMatch(/\bimport\b|\brequire\(/);
  });

  it('needs no other package', () => {
    const description = JSON.parse(readSource('libs/client/package.json')) as object;
    expect(Object.keys(description).filter((name) => /dependencies/i.test(name))).toEqual([]);
  });
});

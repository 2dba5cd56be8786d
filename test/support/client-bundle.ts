import { join } from 'node:path';
import { build } from 'esbuild';

/** `@sallyport/client` as one minified module for browsers; fails on anything that only Node has. */
export async function bundledClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(process.cwd(), 'libs/client/src/index.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  return outputFiles[0]?.text ?? '';
}

import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** Of the time in which the server had work. */
  readonly share: number;
}

const root = resolve(import.meta.dirname, '../../..');

/** Where the server was, most first: by function, and by package or folder of ours. */
export function selfTimes(file: string): {
  functions: readonly SelfTime[];
  places: readonly SelfTime[];
} {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const places = new Map<string, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    const microseconds = profile.timeDeltas[index] ?? 0;
    if (frame === undefined || isOutside(frame)) continue;
    total += microseconds;
    add(functions, nameOf(frame), microseconds);
    add(places, placeOf(frame), microseconds);
  }
  return { functions: sorted(functions, total), places: sorted(places, total) };
}

/** Waiting, and the sampling itself. */
const isOutside = ({ functionName, url }: Frame): boolean =>
  functionName === '(idle)' || url === 'node:inspector';

const add = (sums: Map<string, number>, name: string, value: number): void => {
  sums.set(name, (sums.get(name) ?? 0) + value);
};

const sorted = (sums: ReadonlyMap<string, number>, total: number): readonly SelfTime[] =>
  [...sums]
    .map(([name, time]) => ({ name, share: time / total }))
    .sort((a, b) => b.share - a.share);

const nameOf = ({ functionName, url, lineNumber }: Frame): string =>
  `${functionName === '' ? '(anonymous)' : functionName} ${url === '' ? '' : `${pathOf(url)}:${lineNumber + 1}`}`.trimEnd();

const pathOf = (url: string): string =>
  url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;

/** `libs/sallyport/src/throttling`, `fastify`, `node:net`, `(garbage collector)`. */
function placeOf({ functionName, url }: Frame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : `native: ${functionName}`;
  const path = pathOf(url);
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules\/)/.exec(path)?.[1];
  if (packaged !== undefined) return packaged;
  const own = /^libs\/sallyport\/src\/(?:stores\/)?[^/]+/.exec(path)?.[0];
  if (own !== undefined) return own;
  return path.startsWith('node:') ? path.split('/').slice(0, 2).join('/') : path;
}

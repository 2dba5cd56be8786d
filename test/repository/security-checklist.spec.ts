import { readSource } from './source-files.js';
import { testTitles } from './test-titles.js';

const LINES = 56;
const ROW = /^\| +(\d+) +\| (.+?) +\| (.+?) +\|$/gm;
const LINK = /\]\(\.\.\/([^)]+)\)/g;
/** `54. 55. …` is about both. */
const NUMBERS = /^(?:\d+\. )+/;

/** The files whose tests begin with the number of a line. */
function proofs(): ReadonlyMap<number, readonly string[]> {
  const files = new Map<number, Set<string>>();
  for (const { text, file } of testTitles()) {
    for (const [number] of (NUMBERS.exec(text)?.[0] ?? '').matchAll(/\d+/g)) {
      const line = Number(number);
      files.set(line, (files.get(line) ?? new Set()).add(file));
    }
  }
  return new Map(Array.from(files, ([line, found]) => [line, [...found].sort()]));
}

describe('docs/security-checklist.md', () => {
  const rows = Array.from(
    readSource('docs/security-checklist.md').matchAll(ROW),
    ([, line, , proof = '']) => ({
      line: Number(line),
      proof,
      files: Array.from(proof.matchAll(LINK), ([, file = '']) => file),
    }),
  );
  const proven = proofs();

  it('has every line of the checklist, once', () => {
    expect(rows.map(({ line }) => line)).toEqual(Array.from({ length: LINES }, (_, at) => at + 1));
  });

  it('names for each line the files whose tests begin with its number, all of them', () => {
    const named = rows.map(({ line, files }) => [line, files.filter(isSpec).sort()]);
    expect(named).toEqual(rows.map(({ line }) => [line, proven.get(line) ?? []]));
  });

  it('says of a line without tests why it has none', () => {
    const untested = rows.filter(({ files }) => !files.some(isSpec));
    for (const { proof } of untested) expect(proof).toMatch(/^Not yet: .{20,}/);
  });

  it('is about no other number than those of its lines', () => {
    expect([...proven.keys()].filter((line) => line < 1 || line > LINES)).toEqual([]);
  });
});

const isSpec = (file: string): boolean => file.endsWith('.spec.ts');

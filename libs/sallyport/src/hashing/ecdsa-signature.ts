/**
 * ECDSA signatures on curves of up to 256 bits, in their two spellings: DER (RFC 3279 §2.2.3), which node:crypto speaks
 * when it is handed the bare key, and JOSE's two numbers one after the other (RFC 7518 §3.4). Asked for the second by
 * `{ key, dsaEncoding }`, Node first finds out by two exceptions that this is no key, which costs as much as the
 * signature.
 */
const NUMBER_BYTES = 32;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** JOSE's spelling of what node:crypto has signed. */
export function joseOfDer(der: Buffer): Buffer {
  const jose = Buffer.alloc(2 * NUMBER_BYTES);
  const next = copyNumber(der, 2, jose, NUMBER_BYTES);
  copyNumber(der, next, jose, 2 * NUMBER_BYTES);
  return jose;
}

/** What node:crypto can verify; null for bytes that are no signature in JOSE's spelling. */
export function derOfJose(jose: Buffer): Buffer | null {
  if (jose.length !== 2 * NUMBER_BYTES) return null;
  const der = Buffer.allocUnsafe(2 + 2 * (3 + NUMBER_BYTES));
  der[0] = SEQUENCE;
  const next = writeNumber(der, 2, jose, 0);
  const end = writeNumber(der, next, jose, NUMBER_BYTES);
  der[1] = end - 2;
  return der.subarray(0, end);
}

/** Right-aligned, so that it ends before `end`; returns where the next one begins. */
function copyNumber(der: Buffer, at: number, jose: Buffer, end: number): number {
  const length = der[at + 1] ?? 0;
  const next = at + 2 + length;
  const start = Math.max(at + 2, next - NUMBER_BYTES); // without the zero that keeps it positive
  der.copy(jose, end - (next - start), start, next);
  return next;
}

/** As short as it can be, and positive; returns where the next one begins, and has written all before that. */
function writeNumber(der: Buffer, at: number, jose: Buffer, from: number): number {
  const end = from + NUMBER_BYTES;
  let start = from;
  while (start < end - 1 && jose[start] === 0) start += 1;
  const padding = (jose[start] ?? 0) > 0x7f ? 1 : 0;
  const length = end - start + padding;
  der[at] = INTEGER;
  der[at + 1] = length;
  der[at + 2] = 0; // keeps it positive, or is written over
  jose.copy(der, at + 2 + padding, start, end);
  return at + 2 + length;
}

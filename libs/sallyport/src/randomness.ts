import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** The only source of chance: a cryptographically secure generator. */
export abstract class Randomness {
  abstract bytes(length: number): Buffer;
}

@Injectable()
export class SystemRandomness extends Randomness {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }
}

/** `0-9A-Za-z`: also the order in which checksums count. */
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` base62 characters, each equally likely: bytes from 248 on are thrown away, as 256 is no multiple of 62. */
export function randomBase62(randomness: Randomness, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomness.bytes(length - text.length + 8)) {
      if (byte < 248 && text.length < length) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

interface Made {
  readonly askedFor: number;
  readonly milliseconds: number;
  readonly counter: number;
}

let last: Made = { askedFor: -1, milliseconds: -1, counter: 0 };

/**
 * UUIDv7 (RFC 9562 §5.7): ids that sort by the time they were made, so that indexes stay compact. Those that one
 * process makes within a millisecond sort in the order of their making.
 */
export function uuidv7(randomness: Randomness, now: Date): string {
  const bytes = randomness.bytes(16);
  last = following(last, now.getTime(), bytes.readUInt16BE(6) & MAX_COUNTER);
  bytes.writeUIntBE(last.milliseconds, 0, 6);
  bytes.writeUInt16BE(0x7000 | last.counter, 6);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** `rand_a` has 12 bits. */
const MAX_COUNTER = 0xfff;

/** RFC 9562 §6.2, method 1: begins anywhere, counts on within the millisecond, and when it is full in the next one. */
function following({ askedFor, milliseconds, counter }: Made, now: number, seed: number): Made {
  if (now < askedFor || now > milliseconds)
    return { askedFor: now, milliseconds: now, counter: seed };
  if (counter < MAX_COUNTER) return { askedFor, milliseconds, counter: counter + 1 };
  return { askedFor, milliseconds: milliseconds + 1, counter: 0 };
}

import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Randomness } from '@sallyport/nest';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { readPasswordHash, writePasswordHash, type PasswordHash } from './password-hash.js';

/** What OWASP's password storage cheat sheet gives for argon2id as its first choice of least memory: 19 MiB. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const NONCE_BYTES = 16;
const TAG_BYTES = 32;
/** 19 MiB and a thread of the pool each: Node has four threads, and files and DNS want theirs. */
const MAX_RUNNING = 2;
const MAX_WAITING = 20;

/** The hash of no password; to check one against it costs as much as against a real one. */
export const NOBODYS_HASH = writePasswordHash({
  cost: COST,
  nonce: Buffer.alloc(NONCE_BYTES),
  tag: Buffer.alloc(TAG_BYTES),
});

const derive = promisify(argon2);

/**
 * Hashes passwords with argon2id (RFC 9106), off the event loop and few at a time. Throws ERR_STORE_UNAVAILABLE when
 * too many wait.
 */
@Injectable()
export class PasswordHashing {
  private readonly limit = new ConcurrencyLimit(MAX_RUNNING, MAX_WAITING);

  constructor(private readonly randomness: Randomness) {}

  /** In PHC string format. */
  async hash(password: string): Promise<string> {
    const fresh = { cost: COST, nonce: this.randomness.bytes(NONCE_BYTES) };
    return writePasswordHash({ ...fresh, tag: await this.tagOf(password, fresh, TAG_BYTES) });
  }

  /** Whether this is the password that was hashed, at whatever cost that was. */
  async verify(password: string, hash: string): Promise<boolean> {
    const kept = readPasswordHash(hash);
    return timingSafeEqual(await this.tagOf(password, kept, kept.tag.length), kept.tag);
  }

  private tagOf(
    password: string,
    { cost, nonce }: Omit<PasswordHash, 'tag'>,
    tagLength: number,
  ): Promise<Buffer> {
    // RFC 8265 §4.2: the same characters typed on another keyboard are the same password.
    const message = Buffer.from(password.normalize('NFC'));
    return this.limit.run(() => derive('argon2id', { message, nonce, tagLength, ...cost }));
  }
}

/** Cost of argon2id (RFC 9106 §3.1): memory in KiB, passes, lanes. */
export interface PasswordCost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

export interface PasswordHash {
  readonly cost: PasswordCost;
  /** The salt. */
  readonly nonce: Buffer;
  readonly tag: Buffer;
}

/** PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, base64 without padding. */
export const writePasswordHash = ({ cost, nonce, tag }: PasswordHash): string => {
  const { memory, passes, parallelism } = cost;
  const parameters = `m=${String(memory)},t=${String(passes)},p=${String(parallelism)}`;
  return `$argon2id$v=19$${parameters}$${unpadded(nonce)}$${unpadded(tag)}`;
};

const PATTERN =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43,86})$/;

/** Throws a TypeError for any other format: the hash is our own, so that is a fault of ours and no wrong password. */
export function readPasswordHash(text: string): PasswordHash {
  const [, memory, passes, parallelism, nonce = '', tag = ''] = PATTERN.exec(text) ?? [];
  if (memory === undefined) throw new TypeError('a password hash in the database is malformed');
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    nonce: Buffer.from(nonce, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

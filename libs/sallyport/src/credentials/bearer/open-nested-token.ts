import { decryptJwe, looksEncrypted, parseCompactJwe } from '../../encryption/compact-jwe.js';
import type { DecryptionKeys } from '../../encryption/decryption-keys.js';
import { SallyportError } from '../../errors.js';
import { normalizeTyp, type AcceptedIssuer } from './accepted-issuer.js';
import { parseNestedJws, type CompactJws } from './jws.js';
import type { OpeningKey } from './verified-token.cache.js';

/** What was inside of an encrypted token: signed by nobody knows whom as yet. */
export interface OpenedToken {
  readonly jws: CompactJws;
  /** Of the JWE: authenticated, but by anybody who has our public key. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly openedWith: OpeningKey;
}

/** RFC 7519 §5.2, and what a token of RFC 9068 is called. */
const NESTED = new Set(['jwt', 'at+jwt']);

/**
 * Opens a nested JWT (RFC 7519 §11.2). Anybody can encrypt to a public key: nothing follows from a token being encrypted,
 * and everything from the signature inside.
 */
export class OpenNestedToken {
  private readonly isOn: boolean;

  constructor(
    issuers: ReadonlyMap<string, AcceptedIssuer>,
    private readonly keys: DecryptionKeys,
  ) {
    this.isOn = [...issuers.values()].some(({ encryption }) => encryption !== 'refused');
  }

  /**
   * Null for what is not encrypted, or where nobody may encrypt.
   *
   * @throws ERR_TOKEN_INVALID, for one reason whatever it was that did not open it
   */
  async open(text: string): Promise<OpenedToken | null> {
    if (!this.isOn || !looksEncrypted(text)) return null;
    const jwe = parseCompactJwe(text, refuse);
    const { kid, cty, header } = jwe;
    if (cty === null || !NESTED.has(normalizeTyp(cty))) throw refuse('has nothing signed inside');
    const key = kid === null ? null : await this.keys.find(kid);
    const plaintext = key === null ? null : await decryptJwe(jwe, key);
    if (kid === null || key === null || plaintext === null) throw refuse('cannot be decrypted');
    return { jws: parseNestedJws(plaintext.toString('latin1')), header, openedWith: { kid, key } };
  }
}

const refuse = (flaw: string): SallyportError =>
  new SallyportError('ERR_TOKEN_INVALID', { reason: `encrypted access token ${flaw}` });

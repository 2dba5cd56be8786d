import type { KeyObject } from 'node:crypto';
import { openPrivateKey } from '../key-rotation/issue-key.js';
import type { KeyState } from '../key-rotation/rotated-key.js';
import type { Sealer } from '../sealing/sealer.js';
import { SIGNING_KEY_KIND } from './signing-key-kind.js';
import type { SigningAlgorithm, SigningKey } from './signing-key.js';

/** A key for the engine that signs tokens. */
export interface SigningKeyMaterial {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: KeyState;
  readonly privateKey: KeyObject;
}

const ORDER: readonly KeyState[] = ['active', 'next', 'retiring'];

/** Unseals each private key once, and forgets it when it is no longer current. */
export class OpenedSigningKeys {
  private opened: readonly SigningKeyMaterial[] = [];
  private openedFrom: readonly SigningKey[] = [];

  constructor(private readonly sealer: Sealer) {}

  /**
   * The active key first, then the next and the retiring ones. The same array as before while no key came, went or
   * changed its state. Throws ERR_SEAL_BROKEN when one of them cannot be unsealed.
   */
  of(current: readonly SigningKey[]): readonly SigningKeyMaterial[] {
    if (current === this.openedFrom) return this.opened;
    const keys = current.filter(({ state }) => ORDER.includes(state)).sort(byStateThenKid);
    if (!this.areOpened(keys)) this.opened = keys.map((key) => this.materialOf(key));
    this.openedFrom = current;
    return this.opened;
  }

  private areOpened(keys: readonly SigningKey[]): boolean {
    return (
      keys.length === this.opened.length &&
      this.opened.every(
        ({ kid, state }, index) => kid === keys[index]?.kid && state === keys[index].state,
      )
    );
  }

  private materialOf(key: SigningKey): SigningKeyMaterial {
    const { kid, algorithm, state } = key;
    const known = this.opened.find((opened) => opened.kid === kid);
    return {
      kid,
      algorithm,
      state,
      privateKey: known?.privateKey ?? openPrivateKey(SIGNING_KEY_KIND, key, this.sealer),
    };
  }
}

function byStateThenKid(a: SigningKey, b: SigningKey): number {
  const byState = ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
  return byState === 0 ? Number(a.kid > b.kid) - Number(a.kid < b.kid) : byState;
}

/** What a stores module says of itself, so that an unsuitable one is refused at start. */
export interface StoresDescription {
  readonly name: string;
  /** Whether several instances see one state. */
  readonly isShared: boolean;
  /** Whether records survive a restart. */
  readonly isDurable: boolean;
}

export const STORES_DESCRIPTION = Symbol('StoresDescription');

/** How long things are measured. */
export interface Pace {
  readonly rounds: number;
  readonly slotMs: number;
  /** Slots of warming up, until two in a row are alike. */
  readonly warmUpMs: number;
  readonly warmUpSlots: number;
  /** CPU time of a slot of what is measured without HTTP. */
  readonly inProcessMs: number;
}

export const MEASURING: Pace = {
  rounds: 7,
  slotMs: 500,
  warmUpMs: 1000,
  warmUpSlots: 8,
  inProcessMs: 60,
};

/** Proves that everything runs, and measures nothing. */
export const QUICK: Pace = {
  rounds: 1,
  slotMs: 50,
  warmUpMs: 50,
  warmUpSlots: 1,
  inProcessMs: 1,
};

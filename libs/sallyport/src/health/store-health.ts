export interface StoreProbe {
  readonly name: string;
  /** Whether nothing can be answered without it. */
  readonly isEssential: boolean;
  /** Resolves to whether it answers; may also reject. */
  readonly ping: () => Promise<boolean>;
}

export interface StoreHealthReport {
  /** `degraded`: a store that we can do without for a while is away. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly stores: Readonly<Record<string, 'up' | 'down'>>;
}

const TIMEOUT_MILLISECONDS = 1_500;

/** Asks the stores whether they answer, for readiness probes. Never throws, and never waits longer than 1.5 s. */
export class StoreHealth {
  constructor(private readonly probes: readonly StoreProbe[]) {}

  async check(): Promise<StoreHealthReport> {
    const answers = await Promise.all(this.probes.map(doesAnswer));
    const down = this.probes.filter((_, index) => answers[index] !== true);
    const isUnavailable = down.some(({ isEssential }) => isEssential);
    return {
      status: isUnavailable ? 'unavailable' : down.length > 0 ? 'degraded' : 'ok',
      stores: Object.fromEntries(
        this.probes.map((probe) => [probe.name, down.includes(probe) ? 'down' : 'up']),
      ),
    };
  }
}

async function doesAnswer({ ping }: StoreProbe): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, TIMEOUT_MILLISECONDS, false);
  try {
    return await Promise.race([ping(), timeout]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

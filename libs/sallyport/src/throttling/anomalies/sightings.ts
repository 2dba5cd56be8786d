import type { Caller } from '../../principals/caller.js';
import { PerCaller } from '../../principals/per-caller.js';
import { History } from './history.js';
import { Sighted } from './sighted.js';

const MAX_KEPT = 20_000;

/** What was seen of whom. Bounded: when full it begins anew. */
export class Sightings {
  /** Callers are shared by the requests of one credential: the usual case asks no map of texts. */
  private readonly byCaller = new PerCaller<Sighted>('sighting');
  private era = 0;
  private readonly histories = new Map<string, History>();
  private readonly sighted = new Map<string, Sighted>();

  constructor(private readonly maxKept = MAX_KEPT) {}

  get size(): number {
    return this.histories.size + this.sighted.size;
  }

  of(caller: Caller): Sighted {
    const known = this.byCaller.get(caller);
    if (known?.era === this.era) return known;
    this.makeRoom();
    const { clientId } = caller.client;
    const key = caller.credentials.find(({ kind }) => kind === 'api-key') ?? caller.credentials[0];
    const credentialId = key?.id ?? null;
    const history = kept(this.histories, clientId, () => new History());
    const sighted = kept(
      this.sighted,
      // Clients choose the names of their keys, and other issuers those of tokens: another client may have the same.
      `${clientId} ${credentialId ?? ''}`,
      () => new Sighted({ clientId, credentialId, history, era: this.era }),
    );
    this.byCaller.set(caller, sighted);
    return sighted;
  }

  private makeRoom(): void {
    if (Math.max(this.histories.size, this.sighted.size) < this.maxKept) return;
    this.histories.clear();
    this.sighted.clear();
    this.era += 1;
  }
}

function kept<T>(map: Map<string, T>, key: string, create: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

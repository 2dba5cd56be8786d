import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './deadline.js';

/** Knows which nodes are masters of a Cluster, and tells when that changes: by a failover, a migration, a node gone or back. */
export class ClusterMasters {
  /** ioredis keeps one list of nodes, the master first, for all slots of a range, and writes a redirection into it. */
  private ranges: readonly { readonly nodes: readonly string[]; readonly master: string }[] = [];
  private layout = '';

  constructor(
    private readonly cluster: Cluster,
    private readonly changed: () => void,
  ) {
    cluster.on('refresh', () => {
      this.read();
    });
    // A replica may come and go: nobody has learnt anything from it.
    const comesOrGoes = ({ options }: Redis): void => {
      if (options.readOnly !== true) changed();
    };
    cluster.on('-node', comesOrGoes);
    cluster.on('+node', comesOrGoes);
  }

  /** To be called after each answer, before it is used: a redirected command was answered by another node. */
  notice(): void {
    if (this.ranges.every(({ nodes, master }) => nodes[0] === master)) return;
    this.read();
    this.changed();
  }

  private read(): void {
    const ranges: { nodes: readonly string[]; master: string }[] = [];
    const layout: string[] = [];
    for (let slot = 0; slot < this.cluster.slots.length; slot++) {
      const known = this.cluster.slots[slot];
      if (known === undefined || known === ranges.at(-1)?.nodes) continue;
      const master = known[0] ?? '';
      ranges.push({ nodes: known, master });
      layout.push(`${String(slot)}=${master}`);
    }
    this.ranges = ranges;
    if (this.layout === layout.join(' ')) return;
    this.layout = layout.join(' ');
    this.changed();
  }
}

/** Rejects unless every master answers. */
export const pingMasters = (cluster: Cluster): Promise<unknown> =>
  Promise.all(cluster.nodes('master').map((node) => node.ping()));

/** Ends the connections over which no answer comes, so that the next commands fail at once instead of waiting. */
export async function dropSilentNodes(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes('master').map(dropIfSilent));
}

/** Many commands give up at once; a node is asked once. */
const asked = new WeakSet<Redis>();

async function dropIfSilent(node: Redis): Promise<void> {
  if (asked.has(node)) return;
  asked.add(node);
  try {
    await withDeadline(node.ping());
  } catch {
    node.disconnect();
  } finally {
    asked.delete(node);
  }
}

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A moment of a conversation, by the words of the side that asks. */
export interface Moment {
  /** What is being said. */
  readonly at: string;
  /** What must have been said on the same connection since it last began with `START TRANSACTION`, if anything. */
  readonly since?: string;
  /** Whether the words still arrive, and only their answer is lost. */
  readonly arrives: boolean;
}

type State = 'open' | 'cut' | 'blocked';

interface Cut extends Moment {
  readonly done: (lost: string) => void;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  said: string;
  /** Whose answer is lost. */
  mute: Cut | null;
}

/** What happens to the connections of a `TcpProxy`. */
export class TcpWire {
  private readonly pairs = new Set<Pair>();
  /** Of those who asked; some may have lost the other side. */
  private readonly nears = new Set<Socket>();
  private state: State = 'open';
  private delayMilliseconds = 0;
  private bytesPerSecond = Infinity;
  private waiting: Cut | null = null;

  constructor(private readonly target: string) {}

  accept(near: Socket): void {
    if (this.state === 'cut') {
      near.destroy();
      return;
    }
    const { hostname, port } = new URL(this.target);
    const far = connect(Number(port), hostname);
    const pair: Pair = { near, far, said: '', mute: null };
    this.pairs.add(pair);
    this.nears.add(near);
    for (const socket of [near, far]) {
      socket.setNoDelay();
      socket.on('error', () => socket.destroy());
    }
    near.on('close', () => {
      this.pairs.delete(pair);
      this.nears.delete(near);
      far.destroy();
    });
    // Half open: the one who asked is not told.
    far.on('close', () => this.pairs.has(pair) && near.destroy());
    near.on('data', (chunk) => {
      this.hear(pair, chunk);
    });
    far.on('data', (chunk) => {
      this.answer(pair, chunk);
    });
  }

  cut(): void {
    this.state = 'cut';
    this.dropAll();
  }

  block(): void {
    this.state = 'blocked';
  }

  reset(): void {
    for (const near of this.nears) near.resetAndDestroy();
  }

  halfOpen(): void {
    for (const pair of [...this.pairs]) {
      this.pairs.delete(pair);
      pair.far.destroy();
    }
  }

  delay(milliseconds: number): void {
    this.delayMilliseconds = milliseconds;
  }

  trickle(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  cutAt(moment: Moment): Promise<string> {
    return new Promise((done) => {
      this.waiting = { ...moment, done };
    });
  }

  mend(): void {
    // What was swallowed while blocked would leave both ends out of step.
    if (this.state === 'blocked') this.dropAll();
    this.state = 'open';
    this.delayMilliseconds = 0;
    this.bytesPerSecond = Infinity;
  }

  dropAll(): void {
    for (const near of this.nears) near.destroy();
  }

  private hear(pair: Pair, chunk: Buffer): void {
    const cut = this.cutFor(pair, chunk);
    if (cut === null) {
      // Timers of one length end in the order in which they began.
      if (this.delayMilliseconds > 0) {
        setTimeout(() => void this.pass(pair.near, pair.far, chunk), this.delayMilliseconds);
      } else void this.pass(pair.near, pair.far, chunk);
      return;
    }
    if (cut.arrives) {
      pair.mute = cut;
      pair.far.write(chunk);
      return;
    }
    pair.near.destroy();
    cut.done('');
  }

  private answer(pair: Pair, chunk: Buffer): void {
    if (pair.mute === null) {
      void this.pass(pair.far, pair.near, chunk);
      return;
    }
    pair.near.destroy();
    pair.mute.done(chunk.toString('latin1'));
  }

  /** Whether this is the moment somebody waits for. */
  private cutFor(pair: Pair, chunk: Buffer): Cut | null {
    const { waiting } = this;
    if (waiting === null) return null;
    const text = chunk.toString('latin1');
    pair.said = text.includes('START TRANSACTION') ? text : pair.said + text;
    if (!text.includes(waiting.at) || !pair.said.includes(waiting.since ?? '')) return null;
    this.waiting = null;
    return waiting;
  }

  private async pass(from: Socket, to: Socket, chunk: Buffer): Promise<void> {
    if (this.state === 'blocked') return;
    if (this.bytesPerSecond === Infinity) {
      to.write(chunk);
      return;
    }
    from.pause();
    for (const byte of chunk) {
      await sleep(1000 / this.bytesPerSecond);
      if (to.destroyed) return;
      to.write(Uint8Array.of(byte));
    }
    from.resume();
  }
}
